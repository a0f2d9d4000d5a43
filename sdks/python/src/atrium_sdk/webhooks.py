"""Webhooks as their receiver sees them: verify what comes, and sign what tests send.

event = webhooks.verify(request.body, request.headers, secret)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from atrium_sdk.errors import SignatureInvalid

TOLERANCE = 300
_SHORTEST, _LONGEST = 24, 64
_SECONDS = re.compile(r"[0-9]{1,15}")


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    *,
    tolerance: float | None = TOLERANCE,
    now: Callable[[], float] = time.time,
) -> dict[str, Any]:
    """The event in a webhook's body, once its signature holds.

    Either scheme will do: `webhook-signature` (Standard Webhooks) is checked where it is sent, else
    `X-Webhook-Signature`.

    Args:
        body: the bytes as they came, before any JSON was read.
        headers: as they came; case does not matter.
        secret: the endpoint's, or several during a rotation.
        tolerance: how many seconds old (or ahead) the timestamp may be; None: any age.
        now: Unix seconds, for tests.

    Raises:
        SignatureInvalid: nobody who knows the secret sent this, or not lately.
        ValueError: a secret is none or empty, with which anybody could sign.
        TypeError: the body was read already.
    """
    raw = _bytes(body)
    given = {name.lower(): value for name, value in headers.items()}
    secrets: list[Any] = list(secret) if isinstance(secret, (list, tuple)) else [secret]
    if not secrets or not all(isinstance(each, str) and each for each in secrets):
        raise ValueError("the webhook's secret must be a text that is not empty, or several of them")
    timestamp = given.get("webhook-timestamp", given.get("x-webhook-timestamp", ""))
    if tolerance is not None and not (_SECONDS.fullmatch(timestamp) and abs(now() - int(timestamp)) <= tolerance):
        raise SignatureInvalid("the webhook's timestamp is missing, or too far from now")
    if "webhook-signature" in given:
        identifier, signatures = given.get("webhook-id", ""), given["webhook-signature"].split()
        expected = [_standard(raw, each, identifier, timestamp) for each in secrets]
    else:
        signatures = [given.get("x-webhook-signature", "")]
        expected = [_plain(raw, each) for each in secrets]
    # Every pair is compared, so that the time tells nothing.
    matches = [hmac.compare_digest(one.encode(), _bytes(other)) for one in expected for other in signatures]
    if not any(matches):
        raise SignatureInvalid("the webhook's signature does not fit its body and the secret")
    try:
        event = json.loads(raw)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise SignatureInvalid("the webhook's body is no JSON object")
    return event


def sign(
    body: bytes | str, secret: str, *, webhook_id: str = "evt_test", timestamp: int | None = None
) -> dict[str, str]:
    """The headers of a signed webhook, both schemes: for tests of receivers."""
    raw = _bytes(body)
    moment = str(int(time.time()) if timestamp is None else timestamp)
    return {
        "Content-Type": "application/json",
        "X-Webhook-ID": webhook_id,
        "X-Webhook-Timestamp": moment,
        "X-Webhook-Signature": _plain(raw, secret),
        "webhook-id": webhook_id,
        "webhook-timestamp": moment,
        "webhook-signature": _standard(raw, secret, webhook_id, moment),
    }


def _bytes(value: bytes | str) -> bytes:
    if isinstance(value, str):
        # Some servers give a header's bytes of no alphabet as surrogates, which fit no signature.
        return value.encode(errors="surrogatepass")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError("give the webhook's body as it came: its bytes, before any JSON is read from them")


def _plain(raw: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def _standard(raw: bytes, secret: str, identifier: str, timestamp: str) -> str:
    signed = _bytes(f"{identifier}.{timestamp}.") + raw
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    """The bytes behind `whsec_` where they are base64 of 24 to 64 bytes; of any other text the text itself."""
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret[6:], validate=True)
        except (binascii.Error, ValueError):
            return secret.encode()
        if _SHORTEST <= len(key) <= _LONGEST:
            return key
    return secret.encode()
