"""Signatures of deliveries, as receivers verify them (spec/webhooks.md, "Headers of a delivery")."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    from hashlib import _Hash

_BLOCK = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_PREFIX = "whsec_"
_SIGNING_PREFIX = "whsk_"
_RANDOM_BYTES = 32
_KEY_BYTES = range(24, 65)
_SHORTEST, _LONGEST = 12, 128


def new_secret(randomness: Callable[[int], bytes]) -> str:
    """A generated secret: `whsec_` and base64 of 32 random bytes."""
    return _PREFIX + base64.b64encode(randomness(_RANDOM_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether a client may bring this: `whsec_` + base64 of 24 to 64 bytes, or any text of 12 to 128 characters."""
    return _decoded(text) is not None or _SHORTEST <= len(text) <= _LONGEST


def signature(secret: str, body: bytes) -> str:
    """`X-Webhook-Signature`: HMAC-SHA256 of the body under the whole text of the secret."""
    return "sha256=" + _hmac(secret.encode(), body).hex()


def standard_signature(
    secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes, signing_keys: Sequence[str] = ()
) -> str:
    """`webhook-signature` of the Standard Webhooks scheme, separated by spaces.

    One `v1` signature (HMAC-SHA256) for each live secret, and one `v1a` (Ed25519) for each live signing key.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    shared = ("v1," + base64.b64encode(_hmac(_key(secret), signed)).decode() for secret in secrets)
    own = ("v1a," + base64.b64encode(_private(key).sign(signed)).decode() for key in signing_keys)
    return " ".join((*shared, *own))


def _hmac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 (RFC 2104), from states that the key is in already: a third of what the `hmac` module takes."""
    inner, outer = (state.copy() for state in _keyed(key))
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=4096)
def _keyed(key: bytes) -> tuple[_Hash, _Hash]:
    """The states of the inner and of the outer hash, once they have taken in the key."""
    padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return hashlib.sha256(padded.translate(_INNER)), hashlib.sha256(padded.translate(_OUTER))


@lru_cache(maxsize=1024)
def _private(signing_key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(signing_key.removeprefix(_SIGNING_PREFIX)))


@lru_cache(maxsize=4096)
def _key(secret: str) -> bytes:
    return _decoded(secret) or secret.encode()


def _decoded(secret: str) -> bytes | None:
    if not secret.startswith(_PREFIX):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:  # no base64, or not even ASCII
        return None
    return key if len(key) in _KEY_BYTES else None
