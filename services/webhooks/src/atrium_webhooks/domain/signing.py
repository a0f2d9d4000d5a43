"""Signatures of deliveries, as receivers verify them (spec/webhooks.md, "Headers of a delivery")."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence

_PREFIX = "whsec_"
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
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard_signature(secrets: Sequence[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """`webhook-signature` of the Standard Webhooks scheme: one `v1` signature for each live secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode() for secret in secrets
    )


def _key(secret: str) -> bytes:
    return _decoded(secret) or secret.encode()


def _decoded(secret: str) -> bytes | None:
    if not secret.startswith(_PREFIX):
        return None
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return None
    return key if len(key) in _KEY_BYTES else None
