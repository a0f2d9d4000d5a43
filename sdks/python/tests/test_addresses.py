"""Where a call goes: the API's address as its reference or its operator tells it."""

import pytest

from atrium_sdk import Client


@pytest.mark.parametrize("url", ["", "https://", "api.example.com", "ftp://api.example.com"])
def test_what_is_no_address_is_told_before_any_call(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_BASE_URL", url or "nowhere")
    with pytest.raises(ValueError, match="base_url must begin with https"):
        Client("sk_test_x", base_url=url)
