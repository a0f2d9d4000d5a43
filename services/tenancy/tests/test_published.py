from jsonschema import Draft202012Validator

from atrium_tenancy.published import PUBLISHED


def test_every_public_event_type_of_tenancy_has_a_schema_and_a_sentence() -> None:
    assert len({one.type for one in PUBLISHED}) == len(PUBLISHED)
    for one in PUBLISHED:
        Draft202012Validator.check_schema(one.schema())
        assert one.description.endswith(".")
