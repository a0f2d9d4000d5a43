"""Every event that was ever stored is read by today's code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.golden.files import REGISTRIES, golden_files, path_of


@pytest.mark.parametrize(("service", "event_type", "schema", "path"), list(golden_files()), ids=str)
def test_a_golden_event_is_read_and_written_again_without_loss(
    service: str, event_type: str, schema: int, path: Path
) -> None:
    stored = json.loads(path.read_text())
    event = REGISTRIES[service].read(event_type, schema, stored)
    assert event_type == event.TYPE
    if schema == event.SCHEMA:
        written = event.model_dump(mode="json")
        assert {name: written[name] for name in stored} == stored


def test_every_schema_of_today_has_its_golden_file() -> None:
    missing = [
        f"{service}/{cls.TYPE}.{cls.SCHEMA}"
        for service, registry in REGISTRIES.items()
        for cls in registry.types().values()
        if not path_of(service, cls.TYPE, cls.SCHEMA).exists()
    ]
    assert not missing, f"python -m tests.golden writes them: {missing}"
