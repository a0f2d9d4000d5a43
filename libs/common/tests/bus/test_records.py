"""A record that somebody else has put onto a topic is told apart from an event of ours, whatever is odd about it."""

from datetime import UTC, datetime

import pytest

from atrium_common.bus.ports import Message
from atrium_common.bus.translation import messages_of
from atrium_common.cloudevents import NotACloudEvent, headers_of, message_of
from atrium_common.jsontypes import JSON
from atrium_common.store.commit import Commit, EventRecord, Meta, Proposal, Publication, Slice

SENT = {"ce_id": b"evt_1", "ce_type": b"a.b", "ce_source": b"/s", "ce_time": b"2030-01-01T00:00:00Z"}


def test_a_record_with_what_every_event_has_is_one() -> None:
    message = message_of(b"k", SENT.items(), b'{"n": 1}')
    assert (message.id, message.key, message.data) == ("evt_1", "k", {"n": 1})


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ({"ce_time": b"2030-01-01T00:00:00"}, b"{}"),
        ({"ce_time": b"0001-01-01T00:00:00+23:59"}, b"{}"),
        ({"ce_personal": b"[1]"}, b"{}"),
        ({"ce_personal": b'{"/name": 1}'}, b"{}"),
        ({"ce_sequence": b"-1"}, b"{}"),
        ({"ce_position": b"9223372036854775808"}, b"{}"),
        ({}, b"[]"),
        ({}, b"null"),
        ({"ce_id": b""}, b"{}"),
    ],
)
def test_a_record_that_would_fail_everybody_who_keeps_it_is_none(changed: dict[str, bytes], value: bytes) -> None:
    with pytest.raises(NotACloudEvent):
        message_of(b"k", (SENT | changed).items(), value)


@pytest.mark.parametrize("livemode", [True, False, None])
def test_every_message_says_its_mode_and_what_both_modes_share_is_told_apart(livemode: bool | None) -> None:
    message = Message("e", "t", "/s", "u/1", datetime(2030, 1, 1, tzinfo=UTC), "k", {}, livemode=livemode)
    headers = dict(headers_of(message))
    assert headers["ce_livemode"] == (b"false" if livemode is False else b"true")
    assert ("ce_shared" in headers) is (livemode is None)
    assert message_of(b"k", headers.items(), b"{}") == message


def test_a_record_of_a_time_before_every_message_said_its_mode_is_read_as_it_was_meant() -> None:
    assert message_of(b"k", SENT.items(), b"{}").livemode is None
    assert message_of(b"k", (SENT | {"ce_livemode": b"false"}).items(), b"{}").livemode is False


@pytest.mark.parametrize(
    ("meta", "correlation", "causation"),
    [
        (Meta("key/key_1", "req_1"), "req_1", "c1"),
        (Meta("service/s", "", "evt_0"), "evt_0", "evt_0"),
        (Meta("service/s"), "c1", "c1"),
    ],
)
async def test_every_event_says_what_it_belongs_to_also_where_nobody_asked_for_it(
    meta: Meta, correlation: str, causation: str
) -> None:
    async def as_it_is(value: JSON) -> JSON:
        return value

    event = EventRecord("evt_1", "t", 1, {}, Publication("a.b", {}, "wks_1"))
    proposal = Proposal("c1", datetime(2030, 1, 1, tzinfo=UTC), (Slice("s/1", 0, (event,)),), meta=meta)
    (message,) = await messages_of(Commit(1, proposal), service="s", open_sealed=as_it_is)
    assert (message.correlation_id, message.causation_id) == (correlation, causation)
