from jsonschema import Draft202012Validator

from atrium_entitlements.published import PUBLISHED

SPECIFIED = {
    "package": {"created", "updated"},
    "entitlement": {"provisioned", "suspended", "unsuspended", "cancelled", "renewed", "expired"},
    "boost": {"created", "expired", "cancelled"},
    "usage": {"limit_warning", "limit_reached"},
}


def test_every_public_event_type_of_entitlements_has_a_schema_and_a_sentence() -> None:
    assert {one.type for one in PUBLISHED} == {
        f"{kind}.{action}" for kind, actions in SPECIFIED.items() for action in actions
    }
    for one in PUBLISHED:
        Draft202012Validator.check_schema(one.schema())
        assert one.description.endswith(".")
