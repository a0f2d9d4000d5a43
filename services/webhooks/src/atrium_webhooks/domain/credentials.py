"""What an endpoint's deliveries are signed with: a shared secret and an Ed25519 key, both unreadable at rest."""

from __future__ import annotations

import base64
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ConfigDict

from atrium_common.eventing.personal import Personal
from atrium_webhooks.domain.signing import new_secret

_SEED_BYTES = 32
_PRIVATE, _PUBLIC = "whsk_", "whpk_"


class Credentials(BaseModel):
    """One generation of them.

    The endpoint's own subject key seals secret and signing key; destroying it, when the endpoint is deleted, forgets
    both for good. `signing_key` is `whsk_` and base64 of an Ed25519 seed, `public_key` is `whpk_` and base64
    (Standard Webhooks, "Asymmetric signatures").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: Personal
    signing_key: Personal
    public_key: str


def new_credentials(endpoint_id: str, *, secret: str | None, randomness: Callable[[int], bytes]) -> Credentials:
    """A new generation, with the secret that the client brings or a generated one."""
    seed = randomness(_SEED_BYTES)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return Credentials(
        secret=Personal(endpoint_id, secret or new_secret(randomness)),
        signing_key=Personal(endpoint_id, _PRIVATE + base64.b64encode(seed).decode()),
        public_key=_PUBLIC + base64.b64encode(public).decode(),
    )
