"""A receiver believes what was signed with its secret, and nothing else."""

import base64
import json
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from atrium_sdk import errors, webhooks

BODY = json.dumps({"id": "evt_1", "type": "workspace.created"}).encode()
GENERATED = "whsec_" + base64.b64encode(b"k" * 32).decode()
SECRETS = [GENERATED, "a plain text of the client's", "whsec_abc123...", "whsec_" + base64.b64encode(b"short").decode()]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("scheme", ["webhook-", "X-Webhook-"])
def test_either_scheme_is_verified(secret: str, scheme: str) -> None:
    headers = {name: value for name, value in webhooks.sign(BODY, secret).items() if name.startswith(scheme)}
    assert webhooks.verify(BODY, headers, secret)["id"] == "evt_1"


def test_what_is_signed_is_what_the_published_library_verifies_and_the_other_way_round() -> None:
    headers = webhooks.sign(BODY, GENERATED, webhook_id="evt_1")
    assert Webhook(GENERATED).verify(BODY.decode(), headers) == json.loads(BODY)


@pytest.mark.parametrize("scheme", ["webhook-", "X-Webhook-"])
def test_another_secret_and_an_altered_body_are_refused(scheme: str) -> None:
    headers = {name: value for name, value in webhooks.sign(BODY, GENERATED).items() if name.startswith(scheme)}
    for body, secret in ((BODY, "another secret"), (BODY + b" ", GENERATED)):
        with pytest.raises(errors.SignatureInvalid):
            webhooks.verify(body, headers, secret)


@pytest.mark.parametrize("age", [-301, 301])
def test_what_is_too_old_or_from_the_future_is_refused_unless_any_age_will_do(age: int) -> None:
    headers = webhooks.sign(BODY, GENERATED, timestamp=1_700_000_000)
    with pytest.raises(errors.SignatureInvalid):
        webhooks.verify(BODY, headers, GENERATED, now=lambda: 1_700_000_000 + age)
    webhooks.verify(BODY, headers, GENERATED, now=lambda: 1_700_000_000 + age, tolerance=None)


def test_during_a_rotation_either_secret_will_do() -> None:
    old = webhooks.sign(BODY, "the old secret of the client")
    new = webhooks.sign(BODY, GENERATED)
    both = {**new, "webhook-signature": f"{old['webhook-signature']} {new['webhook-signature']}"}
    webhooks.verify(BODY, both, GENERATED)
    webhooks.verify(BODY, old, [GENERATED, "the old secret of the client"])


def test_no_signature_is_no_signature() -> None:
    for headers in ({}, {"X-Webhook-Timestamp": "1700000000"}, {"webhook-signature": "v1,"}):
        with pytest.raises(errors.SignatureInvalid):
            webhooks.verify(BODY, headers, GENERATED, tolerance=None)


@pytest.mark.parametrize(
    "timestamp", ["9" * 400, "9" * 5000, "²", "\u0661\u0667\u0660\u0660", "-1700000000", "1.5", ""]
)
def test_a_timestamp_that_is_none_is_refused_and_no_crash(timestamp: str) -> None:
    with pytest.raises(errors.SignatureInvalid):
        webhooks.verify(BODY, {**webhooks.sign(BODY, GENERATED), "webhook-timestamp": timestamp}, GENERATED)


def test_signatures_of_other_kinds_beside_ours_are_passed_over() -> None:
    headers = webhooks.sign(BODY, GENERATED)
    webhooks.verify(BODY, {**headers, "webhook-signature": f"v1a,!! v1,= {headers['webhook-signature']}"}, GENERATED)


@pytest.mark.parametrize("name", ["webhook-signature", "webhook-id"])
def test_bytes_of_no_alphabet_in_a_header_are_refused_and_no_crash(name: str) -> None:
    for text in ("v1,\udcff", "v1,\ud800"):
        with pytest.raises(errors.SignatureInvalid):
            webhooks.verify(BODY, {**webhooks.sign(BODY, GENERATED), name: text}, GENERATED)


def test_a_body_that_was_read_already_is_told_as_that() -> None:
    bodies: list[Any] = [json.loads(BODY), None, 5]
    for body in bodies:
        with pytest.raises(TypeError, match="as it came"):
            webhooks.verify(body, webhooks.sign(BODY, GENERATED), GENERATED)


@pytest.mark.parametrize("secret", ["", [GENERATED, ""], None, [], [GENERATED, None], b"whsec_bytes"])
def test_a_secret_that_is_none_verifies_nothing(secret: Any) -> None:
    with pytest.raises(ValueError, match="secret"):
        webhooks.verify(BODY, webhooks.sign(BODY, ""), secret)


def test_a_signed_body_that_is_no_json_is_refused() -> None:
    with pytest.raises(errors.SignatureInvalid):
        webhooks.verify(b"no JSON", webhooks.sign(b"no JSON", GENERATED), GENERATED)
