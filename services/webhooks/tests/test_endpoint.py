"""The endpoint aggregate: given what happened, when something is wanted, then this follows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from atrium_common.eventing.event import Event
from atrium_webhooks.domain import custom_headers
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import Credentials, new_credentials
from atrium_webhooks.domain.endpoint import Endpoint, EndpointSettings, evolve

AT = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def credentials(text: str) -> Credentials:
    return new_credentials("wh_1", secret=text, randomness=bytes)


CREATED = domain.WebhookCreated(
    workspace_id="wks_1",
    settings=EndpointSettings(url="https://example.com/hooks", events=("*",)),
    credentials=credentials("the first secret"),
    is_active=True,
    livemode=True,
    at=AT,
)


def after(*events: Event) -> Endpoint:
    state: Endpoint | None = None
    for event in (CREATED, *events):
        state = evolve(state, event)
    assert state is not None
    return state


def then(state: Endpoint, events: Sequence[Event]) -> Endpoint:
    for event in events:
        state = evolve(state, event)
    return state


def test_an_update_with_nothing_new_is_no_event() -> None:
    state = after()
    assert domain.update(state, {"url": state.url, "events": ("*",), "is_active": True}, at=AT) == ()


def test_a_null_clears_what_can_be_cleared() -> None:
    state = then(after(), domain.update(after(), {"description": "Ours", "retry_schedule": (0.0, 5.0)}, at=AT))
    assert (state.description, state.retry_schedule) == ("Ours", (0.0, 5.0))
    state = then(state, domain.update(state, {"description": None, "retry_schedule": None}, at=AT))
    assert (state.description, state.retry_schedule) == (None, None)


def test_switching_on_again_forgets_why_it_was_disabled() -> None:
    state = then(after(), domain.disable(after(), cause="gone", reason="410 Gone", at=AT))
    assert (state.is_active, state.disabled_reason) == (False, "410 Gone")
    events = domain.update(state, {"is_active": True}, at=AT + HOUR)
    assert [event.TYPE for event in events] == ["webhook.updated", "webhook.enabled"]
    state = then(state, events)
    assert (state.is_active, state.disabled_reason, state.enabled_at) == (True, None, AT + HOUR)


def test_what_a_client_switched_off_has_no_reason_of_ours() -> None:
    events = domain.update(after(), {"is_active": False}, at=AT)
    assert [event.TYPE for event in events] == ["webhook.updated", "webhook.disabled"]
    state = then(after(), events)
    assert (state.is_active, state.is_held, state.disabled_reason) == (False, False, None)
    assert domain.disable(state, cause="failing", reason="no", at=AT) == ()


def test_a_held_endpoint_comes_back_as_it_was() -> None:
    off = then(after(), domain.update(after(), {"is_active": False}, at=AT))
    for before in (after(), off):
        held = then(before, domain.hold(before, "workspace_deleted", at=AT))
        assert not held.is_active
        assert held.is_held is before.is_active
        released = then(held, domain.release(held, "workspace_deleted", at=AT))
        assert (released.is_active, released.disabled_reason) == (before.is_active, None)


def test_two_holds_end_one_by_one() -> None:
    state = then(after(), domain.hold(after(), "workspace_suspended", at=AT))
    assert state.disabled_reason == "The workspace is suspended."
    state = then(state, domain.hold(state, "workspace_deleted", at=AT))
    assert state.disabled_reason == "The workspace was deleted."
    assert domain.hold(state, "workspace_deleted", at=AT) == ()
    state = then(state, domain.release(state, "workspace_deleted", at=AT))
    assert (state.is_active, state.disabled_reason) == (False, "The workspace is suspended.")
    state = then(state, domain.release(state, "workspace_suspended", at=AT))
    assert state.is_active


def test_both_secrets_sign_until_the_grace_ends() -> None:
    state = then(after(), domain.rotate(after(), credentials("the second one"), grace=HOUR, at=AT))
    assert [each.secret.text for each in state.signing(AT)] == ["the second one", "the first secret"]
    assert [each.secret.text for each in state.signing(AT + HOUR)] == ["the second one"]
    state = then(state, domain.rotate(state, credentials("the third one"), grace=HOUR, at=AT + HOUR / 2))
    assert len(state.signing(AT + HOUR / 2)) == 3
    state = then(state, domain.rotate(state, credentials("the fourth one"), grace=timedelta(), at=AT + HOUR / 2))
    assert [each.secret.text for each in state.signing(AT + HOUR / 2)] == ["the fourth one"]


def test_a_streak_of_failures_is_warned_of_once() -> None:
    (warning,) = domain.warn(after(), failures=50, since=AT, at=AT + HOUR)
    state = then(after(), [warning])
    assert domain.warn(state, failures=60, since=AT, at=AT + 2 * HOUR) == ()
    assert domain.warn(state, failures=50, since=AT + 2 * HOUR, at=AT + 3 * HOUR) != ()


def test_nothing_happens_to_a_deleted_endpoint() -> None:
    state = then(after(), domain.delete(after(), at=AT))
    assert not state.is_active
    assert domain.delete(state, at=AT) == ()
    assert domain.hold(state, "workspace_deleted", at=AT) == ()
    assert domain.disable(state, cause="gone", reason="x", at=AT) == ()
    assert domain.rotate(state, credentials("another one!"), grace=HOUR, at=AT) == ()


@pytest.mark.parametrize(
    "name",
    ["Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "TE", "Upgrade", "Keep-Alive", "Trailer",
     "Proxy-Authorization", "X-Webhook-ID", "x-webhook-signature", "X-Webhook-Anything", "webhook-id",
     "Webhook-Signature", "webhook-timestamp", "Content-Type", "User-Agent", "", "with space", "colon:", "Ünicode"],
)  # fmt: skip
def test_our_headers_and_those_of_the_connection_cannot_be_chosen(name: str) -> None:
    assert list(custom_headers.faults({name: "x"})) == [name]


@pytest.mark.parametrize("value", ["", "a\r\nX-Evil: 1", "a\nb", "tab\x00", "é", "x" * 1025, " led"])
def test_header_values_are_visible_ascii(value: str) -> None:
    assert list(custom_headers.faults({"X-Team": value})) == ["X-Team"]


def test_a_receivers_own_headers_are_fit() -> None:
    fit = {"Authorization": "Bearer abc", "X-Team": "blue sky", "Cookie": "a=b"}
    assert custom_headers.faults(fit) == {}
    assert list(custom_headers.faults({"X-Team": "a", "x-team": "b"})) == ["x-team"]
