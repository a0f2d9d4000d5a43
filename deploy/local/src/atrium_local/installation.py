"""The keys of an installation elsewhere: what the gateway holds, what services hold, and how both are written."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRINCIPAL_KEYS, SEALING_KEYS, LOOKUP_KEY = "ATRIUM_PRINCIPAL_KEYS", "ATRIUM_SEALING_KEYS", "ATRIUM_LOOKUP_KEY"
HOLDERS = ("gateway", "service")


def installation_secrets(secrets: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """The settings of the gateway and of services: only the gateway holds the private half of its key."""
    shared = {SEALING_KEYS: secrets[SEALING_KEYS], LOOKUP_KEY: secrets[LOOKUP_KEY]}
    parts = [part.partition(":") for part in secrets[PRINCIPAL_KEYS].split(",")]
    public = [
        f"{key_id[:-1]}:{_public_half(encoded)}" if _vouches_for_users(key_id) else f"{key_id}:{encoded}"
        for key_id, _, encoded in parts
    ]
    return {
        "gateway": {PRINCIPAL_KEYS: secrets[PRINCIPAL_KEYS], **shared},
        "service": {PRINCIPAL_KEYS: ",".join(public), **shared},
    }


def _env(held: Mapping[str, Mapping[str, str]]) -> str:
    lines = [f"ATRIUM_{holder.upper()}_PRINCIPAL_KEYS={held[holder][PRINCIPAL_KEYS]}" for holder in HOLDERS]
    lines += [f"{name}={held['gateway'][name]}" for name in (SEALING_KEYS, LOOKUP_KEY)]
    return "\n".join(lines)


def _kubernetes(held: Mapping[str, Mapping[str, str]]) -> str:
    manifests = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"atrium-{holder}-keys"},
         "type": "Opaque", "stringData": dict(held[holder])}
        for holder in HOLDERS
    ]  # fmt: skip
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}, indent=2)


FORMATS: Mapping[str, Callable[[Mapping[str, Mapping[str, str]]], str]] = {
    "env": _env,
    "kubernetes": _kubernetes,
    "json": lambda held: json.dumps(held, indent=2),
}


def _vouches_for_users(key_id: str) -> bool:
    return key_id.endswith("!") and not key_id.startswith("service")


def _public_half(encoded: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(encoded)).public_key()
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()
