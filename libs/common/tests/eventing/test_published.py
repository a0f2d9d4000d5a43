from jsonschema import Draft202012Validator
from pydantic import BaseModel

from atrium_common.eventing.published import PublishedType, described


class Inner(BaseModel):
    n: int


class Thing(BaseModel):
    name: str
    inner: Inner | None


UPDATED = PublishedType("thing.updated", "A thing changed.", "thing", Thing, "things.events")


def test_an_events_schema_says_what_its_data_is() -> None:
    schema = UPDATED.schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    attributes = {"name": "a", "inner": {"n": 1}, "grown": "later"}
    good = {"object": {"id": "t1", "type": "thing", "attributes": attributes}, "previous_attributes": {"name": "b"}}
    assert validator.is_valid(good)
    assert not validator.is_valid({"object": good["object"]})
    assert not validator.is_valid({**good, "object": {"id": "t1", "type": "thing", "attributes": {"name": "a"}}})
    assert not validator.is_valid({**good, "object": {"id": "t1", "type": "other", "attributes": attributes}})


def test_a_type_is_told_with_description_and_schema() -> None:
    assert described([UPDATED]) == [
        {"type": "thing.updated", "description": "A thing changed.", "schema": UPDATED.schema()}
    ]
