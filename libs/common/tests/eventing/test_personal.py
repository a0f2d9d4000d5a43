"""Where a message speaks of a person is known to whoever keeps it."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from atrium_common.bus.ports import Message
from atrium_common.cloudevents import headers_of, message_of
from atrium_common.eventing.parking import restored, stored_form
from atrium_common.eventing.personal import Personal, marked_at, of_a_day, places, plain
from atrium_common.jsontypes import JSON

_NAMES = st.sampled_from(["a", "b/c", "d~e", "0", ""])
_MARKED = st.builds(lambda text: Personal("usr_1", text).marked(), st.text(max_size=3))
_VALUES: st.SearchStrategy[JSON] = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3), _MARKED),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=3)),
    max_leaves=8,
)


@given(_VALUES)
def test_marks_can_be_taken_off_and_put_back_where_they_were(value: JSON) -> None:
    assert marked_at(plain(value), places(value)) == value


def test_a_message_tells_on_every_way_which_of_its_values_are_personal() -> None:
    message = Message(
        id="evt_1", type="user.created", source="/tenancy", subject="user/usr_1", time=datetime(2026, 1, 1, tzinfo=UTC),
        key="user/usr_1", data={"object": {"attributes": {"name": "Joan"}}},
        personal={"/object/attributes/name": "usr_1"},
    )  # fmt: skip
    carried = message_of(b"user/usr_1", headers_of(message), b'{"object": {"attributes": {"name": "Joan"}}}')
    assert carried.personal == message.personal
    assert restored(stored_form(message)) == message
    plain_one = message_of(None, headers_of(Message("e", "t", "s", "u", message.time, "k", {})), b"{}")
    assert plain_one.personal == {}


def test_what_lapses_by_itself_is_about_nobody() -> None:
    assert of_a_day("kept/2026-11-26")
    assert of_a_day("day/2026-11-26")
    assert not of_a_day("usr_1")
