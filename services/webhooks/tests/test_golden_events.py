"""Every event that was ever stored can be read for ever: one file for each type and schema, never changed."""

import json
from pathlib import Path

import pytest

from atrium_common.eventing.event import Event, EventRegistry
from atrium_webhooks import rows
from atrium_webhooks.domain import endpoint, event_type, published_event

GOLDEN = Path(__file__).parents[3] / "tests/golden/webhooks"
FILES = sorted(GOLDEN.glob("*.json"))
REGISTRY = EventRegistry(rows.EVENTS)


def read(path: Path) -> Event:
    event_type, _, schema = path.stem.rpartition(".")
    return REGISTRY.read(event_type, int(schema), json.loads(path.read_text()))


def test_every_type_and_schema_has_its_file() -> None:
    assert {f"{event.TYPE}.{event.SCHEMA}" for event in rows.EVENTS} <= {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_an_event_of_an_old_file_is_read_and_stored_alike(path: Path) -> None:
    event = read(path)
    if path.stem == f"{event.TYPE}.{event.SCHEMA}":
        assert event.model_dump(mode="json") == json.loads(path.read_text())


def test_the_old_events_of_an_endpoint_fold_into_one() -> None:
    state: endpoint.Endpoint | None = None
    for kind in ("created", "updated", "secret_rotated", "failing", "disabled", "enabled", "deleted"):
        state = endpoint.evolve(state, read(GOLDEN / f"webhook.{kind}.1.json"))
    assert state is not None
    assert (state.url, state.deleted_at is None, state.is_active) == ("https://example.com/second", False, False)
    assert state.credentials.secret.text == "the second secret"
    assert [each.credentials.secret.text for each in state.previous] == ["whsec_abc123..."]
    published = published_event.evolve(None, read(GOLDEN / "event.published.1.json"))
    assert published.data.value == {"order": 1}


def test_the_old_events_of_an_event_type_fold_into_one() -> None:
    state: event_type.EventType | None = None
    for kind in ("created", "updated", "deleted"):
        state = event_type.evolve(state, read(GOLDEN / f"event_type.{kind}.1.json"))
    assert state is not None
    assert (state.event_type, state.description) == ("order.paid", "An order was paid in full.")
    assert state.data_schema == '{"type":"object","required":["order"]}'
    assert state.deleted_at is not None
