import base64
import hmac
import json
import time

import pytest
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from atrium_webhooks.domain.signing import is_secret, new_secret, signature, standard_signature
from atrium_webhooks.http.bodies import CreateWebhook, RotateSecret

BODY = json.dumps({"id": "evt_1"}).encode()
GENERATED = new_secret(lambda count: bytes(range(count)))


def test_the_published_standard_webhooks_libraries_verify_a_generated_secret() -> None:
    now = int(time.time())
    signed = standard_signature([GENERATED], message_id="evt_1", timestamp=now, body=BODY)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(now), "webhook-signature": signed}
    assert Webhook(GENERATED).verify(BODY.decode(), headers) == {"id": "evt_1"}
    SvixWebhook(GENERATED).verify(BODY, headers)


def test_during_a_rotation_every_live_secret_signs() -> None:
    other = new_secret(bytes)
    now = int(time.time())
    signed = standard_signature([GENERATED, other], message_id="evt_1", timestamp=now, body=BODY)
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(now), "webhook-signature": signed}
    for secret in (GENERATED, other):
        Webhook(secret).verify(BODY.decode(), headers)


def test_the_references_own_function_checks_the_body_under_the_whole_text_of_the_secret() -> None:
    # echo -n '{}' | openssl dgst -sha256 -hmac whsec_abc123
    assert signature("whsec_abc123", b"{}") == (
        "sha256=b8e41d05e1ec86afe86ae177dccfb021afc2e6633a3c8dcee569538f5f2b8270"
    )


@pytest.mark.parametrize("length", [12, 63, 64, 65, 128])
def test_the_hmac_is_the_standard_librarys_whatever_the_length_of_the_secret(length: int) -> None:
    secret = "s" * length
    expected = hmac.new(secret.encode(), BODY, "sha256").hexdigest()
    assert [signature(secret, BODY) for _ in range(2)] == [f"sha256={expected}"] * 2


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (GENERATED, True),
        ("whsec_" + base64.b64encode(bytes(24)).decode(), True),
        ("whsec_abc123...", True),
        ("short", False),
        ("x" * 128, True),
        ("x" * 129, False),
        ("white space is text too", True),
    ],
)
def test_a_client_may_bring_base64_or_plain_text_of_the_right_length(text: str, fits: bool) -> None:
    assert is_secret(text) is fits


def test_a_secret_is_kept_as_it_was_given_since_it_is_the_key_as_it_stands() -> None:
    given = "  twelve and more \n"
    created = CreateWebhook.model_validate({"url": " https://example.com ", "events": ["*"], "secret": given})
    assert (created.url, created.secret) == ("https://example.com", given)
    assert RotateSecret.model_validate({"secret": given}).secret == given
