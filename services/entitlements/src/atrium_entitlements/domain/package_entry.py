"""A package's entry in the catalogue, as an aggregate: every change makes a new version of the package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, JsonValue

from atrium_common.eventing.event import Event
from atrium_entitlements.domain.catalogue import PackageVersion


class Included(BaseModel):
    """A feature of a package and its limit; None: no limit, or a boolean feature, which has none to give."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str
    limit: int | None = None
    boolean: bool = False


class PackageCreated(Event, type="package.created", schema=1):
    """A plan can be given from now on. `operator_id` is the workspace that hears of it."""

    code: str
    name: str
    description: str | None = None
    features: tuple[Included, ...]
    is_base: bool
    is_stackable: bool
    is_active: bool = True
    is_public: bool = True
    tier: str | None = None
    operator_id: str | None = None
    at: datetime


class PackageUpdated(Event, type="package.updated", schema=1):
    """The named properties have these values in the version that begins here; the code never changes."""

    changes: dict[str, JsonValue]
    operator_id: str | None = None
    at: datetime


EVENTS = (PackageCreated, PackageUpdated)
PackageEvent: TypeAlias = PackageCreated | PackageUpdated


@dataclass(frozen=True, slots=True)
class PackageEntry:
    """A package's state: the newest version's properties, and what every version has granted, `at` its beginning."""

    made: PackageCreated
    updated_at: datetime
    granted: tuple[PackageCreated, ...]

    @property
    def version(self) -> int:
        """The newest version, from 1."""
        return len(self.granted)

    def versions(self, package_id: str) -> Iterator[PackageVersion]:
        """What the account knows of it, the oldest version first."""
        for version, made in enumerate(self.granted, start=1):
            yield PackageVersion(
                id=package_id,
                code=made.code,
                name=made.name,
                features={included.feature: included.limit for included in made.features},
                version=version,
                is_base=made.is_base,
                is_stackable=made.is_stackable,
                is_active=made.is_active,
                is_public=made.is_public,
                tier=made.tier,
            )


def evolve(entry: PackageEntry | None, event: Event) -> PackageEntry:
    """The package after the event."""
    match event:
        case PackageCreated():
            return PackageEntry(event, event.at, (event,))
        case PackageUpdated() if entry is not None:
            made = PackageCreated.model_validate({**entry.made.model_dump(), **event.changes})
            return PackageEntry(made, event.at, (*entry.granted, made.model_copy(update={"at": event.at})))
        case _:
            raise TypeError(f"{event.TYPE} is no event of a package in this state")


def update(
    entry: PackageEntry, changes: Mapping[str, JsonValue], *, operator_id: str | None, at: datetime
) -> tuple[PackageEvent, ...]:
    """Change what differs, as a new version; nothing where nothing does."""
    present = entry.made.model_dump(mode="json")
    differing = {name: value for name, value in changes.items() if present[name] != value}
    if not differing:
        return ()
    return (PackageUpdated(changes=differing, operator_id=operator_id, at=at),)
