"""Neither a key nor another resource is told or touched by mistake."""

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


@pytest.mark.parametrize("step", [".", ".."])
def test_a_step_in_a_path_names_no_resource(step: str) -> None:
    with Client("sk_live_x") as client, pytest.raises(ValueError, match="must not be"):
        client.workspaces.delete(step)
