"""A record that somebody else has put onto a topic is told apart from an event of ours, whatever is odd about it."""

import pytest

from atrium_common.cloudevents import NotACloudEvent, message_of

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
