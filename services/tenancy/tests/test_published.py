from jsonschema import Draft202012Validator

from atrium_tenancy.published import PUBLISHED
from services.tenancy.tests.scenario import everything
from services.tenancy.tests.world import World


def test_every_public_event_type_of_tenancy_has_a_schema_and_a_sentence() -> None:
    assert len({one.type for one in PUBLISHED}) == len(PUBLISHED)
    for one in PUBLISHED:
        Draft202012Validator.check_schema(one.schema())
        assert one.description.endswith(".")


async def test_every_declared_type_is_published_and_what_is_published_is_as_declared(world: World) -> None:
    await everything(world)
    declared = {one.type: one for one in PUBLISHED}
    published = await world.published()
    assert {event for event, _ in published} == set(declared)
    for event, data in published:
        schema = declared[event].schema()
        faults = [error.message for error in Draft202012Validator(schema).iter_errors(data)]
        assert not faults, (event, faults, data)
        if event.endswith(".updated"):
            before, now = data["previous_attributes"], data["object"]["attributes"]
            assert before, event
            # What was forgotten since reads as null on both sides.
            assert all(now[name] != value or value is None for name, value in before.items())
            assert "updated_at" not in before


async def test_no_secret_is_published(world: World) -> None:
    await everything(world)
    told = str(await world.published())
    for secret in ("sk_live_", "sk_test_", "digest", "token", "email_claim"):
        found = [part for part in told.split("'") if secret in part and part not in {"sk_live_", "sk_test_"}]
        assert not found, found
