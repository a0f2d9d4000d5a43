"""Events of other versions: what an older or a newer process beside this one has stored."""

import pytest
from pydantic import ValidationError

from atrium_common.eventing.event import Event, EventRegistry, UnknownEvent
from atrium_common.jsontypes import JSONObject


class Painted(Event, type="wall.painted", schema=1):
    colour: str
    coats: int = 1


REGISTRY = EventRegistry([Painted])


def test_members_that_a_newer_version_adds_are_passed_over_and_missing_ones_have_their_defaults() -> None:
    stored: JSONObject = {"colour": "red", "by": {"name": "Ann"}, "at": [1, 2]}
    assert REGISTRY.read("wall.painted", 1, stored) == Painted(colour="red")


def test_this_version_writes_no_member_that_its_event_does_not_have() -> None:
    with pytest.raises(ValidationError):
        Painted(colour="red", by="Ann")  # type: ignore[call-arg]


@pytest.mark.parametrize(("type_", "schema"), [("wall.painted", 2), ("wall.papered", 1)])
def test_an_event_of_a_newer_schema_or_an_unknown_type_is_refused_rather_than_misread(type_: str, schema: int) -> None:
    with pytest.raises(UnknownEvent):
        REGISTRY.read(type_, schema, {"colour": "red"})
