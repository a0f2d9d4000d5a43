"""Where golden files are, and whose events they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from atrium_common.eventing.event import EventRegistry
from atrium_tenancy import rows as tenancy

REGISTRIES = {"tenancy": EventRegistry(tenancy.EVENTS)}
_HERE = Path(__file__).parent


def path_of(service: str, event_type: str, schema: int) -> Path:
    """The golden file of a stored type and schema."""
    return _HERE / service / f"{event_type}.{schema}.json"


def golden_files() -> Iterator[tuple[str, str, int, Path]]:
    """Service, stored type, schema and path of each file."""
    for service in REGISTRIES:
        for path in sorted((_HERE / service).glob("*.json")):
            event_type, _, schema = path.stem.rpartition(".")
            yield service, event_type, int(schema), path
