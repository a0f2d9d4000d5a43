"""The form of API keys: `sk_{live|test}_`, 26 random characters of base 62, 6 of checksum (spec/http-api.md §2).

The checksum lets a mistyped or invented key be refused without a look-up. A key has about 155 bits of entropy: its
SHA-256 digest is all that is ever stored.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Literal, TypeAlias

Environment: TypeAlias = Literal["live", "test"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BODY = 26
_CHECKSUM = 6
_FORM = re.compile(r"sk_(?:live|test)_[0-9A-Za-z]{32}\Z")


def generate(environment: Environment) -> str:
    """A new key."""
    head = f"sk_{environment}_{''.join(secrets.choice(_ALPHABET) for _ in range(_BODY))}"
    return head + _checksum(head)


def is_well_formed(key: str) -> bool:
    """Whether the key has the form and its checksum fits."""
    return bool(_FORM.match(key)) and secrets.compare_digest(key[-_CHECKSUM:], _checksum(key[:-_CHECKSUM]))


def digest(key: str) -> str:
    """What is stored of a key: the SHA-256 of its text, in hex."""
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(head: str) -> str:
    number = int.from_bytes(hashlib.sha256(head.encode()).digest()[:8], "big")
    characters = []
    for _ in range(_CHECKSUM):
        number, remainder = divmod(number, len(_ALPHABET))
        characters.append(_ALPHABET[remainder])
    return "".join(characters)
