"""Neither a key nor another resource is told or touched by mistake."""

import json

import httpx
import pytest

from atrium_sdk import Client, Options, models


@pytest.mark.parametrize("key", ["sk_live_hidden\n", "sk_live_hidden…"])
def test_a_key_that_no_header_may_have_is_told_without_the_key(key: str) -> None:
    with Client(key) as client, pytest.raises(ValueError, match="Authorization") as caught:
        client.users.me()
    assert "hidden" not in str(caught.value)


def test_options_are_printed_without_their_key() -> None:
    assert "hidden" not in repr(Options(api_key="sk_live_hidden"))


def test_what_is_shown_once_is_not_printed() -> None:
    made = models.NewApiKey.parse({"id": "key_1", "key": "sk_live_hidden", "name": "CI"})
    assert made.key == "sk_live_hidden"
    assert "key_1" in repr(made)
    printed = repr([made, models.CreatedWebhook.parse({"id": "wh_1", "secret": "whsec_hidden"})])
    assert "hidden" not in printed


def test_what_a_batch_made_is_not_printed_either() -> None:
    made = {"data": [{"status": 201, "data": {"id": "key_1", "key": "sk_live_hidden"}}, {"status": 404, "error": {}}]}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=made))
    with Client("sk_live_x", transport=transport) as client:
        results = client.api_keys.batch(operations=[])
    assert results == made["data"]
    assert json.loads(json.dumps(results)) == made["data"]
    assert results[0]["data"]["key"] == "sk_live_hidden"
    assert "key_1" in f"{results}"
    assert "hidden" not in f"{results}"


@pytest.mark.parametrize("step", [".", ".."])
def test_a_step_in_a_path_names_no_resource(step: str) -> None:
    with Client("sk_live_x") as client, pytest.raises(ValueError, match="must not be"):
        client.workspaces.delete(step)
