"""A feature's entry in the catalogue, as an aggregate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from atrium_common.errors import ValidationFailed
from atrium_common.eventing.event import Event, Upcaster
from atrium_common.jsontypes import JSONObject
from atrium_entitlements.domain.catalogue import Feature, FeatureType, Reset


class FeatureCreated(Event, type="feature.created", schema=2):
    """Something can be granted from now on. `parent` is the code of the pool that its usage counts on as well.

    `operator_id` is the workspace whose audit log tells of it.
    """

    code: str
    name: str
    kind: FeatureType
    reset: Reset = "none"
    rolling_window_days: int | None = None
    parent: str | None = None
    unit: str | None = None
    category: str = "general"
    scale: int = 0
    spill: bool = False
    rolls_over: bool = False
    operator_id: str | None = None
    at: datetime


class FeatureUpdated(Event, type="feature.updated", schema=2):
    """The named properties have these values now; code, kind, reset and scale never change."""

    changes: dict[str, str | bool | None]
    operator_id: str | None = None
    at: datetime


EVENTS = (FeatureCreated, FeatureUpdated)


def _told_nobody(data: JSONObject) -> JSONObject:
    """In schema 1 no audit log told of it."""
    return {**data, "operator_id": None}


UPCASTERS: Mapping[tuple[str, int], Upcaster] = {(event.TYPE, 1): _told_nobody for event in EVENTS}
FeatureEvent: TypeAlias = FeatureCreated | FeatureUpdated


@dataclass(frozen=True, slots=True)
class FeatureEntry:
    """A feature's state: how it was created, with what has changed since."""

    made: FeatureCreated
    updated_at: datetime

    def feature(self, feature_id: str) -> Feature:
        """What the account knows of it."""
        made = self.made
        return Feature(
            id=feature_id,
            code=made.code,
            name=made.name,
            type=made.kind,
            reset=made.reset,
            rolling_window_days=made.rolling_window_days,
            parent=made.parent,
            unit=made.unit,
            category=made.category,
            scale=made.scale,
            spill=made.spill,
            rolls_over=made.rolls_over,
        )


def evolve(entry: FeatureEntry | None, event: Event) -> FeatureEntry:
    """The feature after the event."""
    match event:
        case FeatureCreated():
            return FeatureEntry(event, event.at)
        case FeatureUpdated() if entry is not None:
            return replace(entry, made=entry.made.model_copy(update=event.changes), updated_at=event.at)
        case _:
            raise TypeError(f"{event.TYPE} is no event of a feature in this state")


def create(wanted: FeatureCreated) -> tuple[FeatureEvent, ...]:
    """A feature that makes sense.

    Raises:
        ValidationFailed: its properties contradict each other.
    """
    faults: dict[str, list[str]] = {}
    if (wanted.reset == "rolling") != (wanted.rolling_window_days is not None):
        faults["rolling_window_days"] = ["Give it with the reset rolling, and with no other."]
    if wanted.kind == "boolean":
        for name, plain in (("reset", "none"), ("parent", None), ("scale", 0), ("spill", False), ("rolls_over", False)):
            if getattr(wanted, name) != plain:
                faults[name] = ["A boolean feature has no quantity, and so none of this."]
    if faults:
        raise ValidationFailed(faults)
    return (wanted,)


def update(
    entry: FeatureEntry, changes: Mapping[str, str | bool | None], *, operator_id: str | None, at: datetime
) -> tuple[FeatureEvent, ...]:
    """Change what differs; nothing where nothing does.

    Raises:
        ValidationFailed: a boolean feature would get a pool, or go on elsewhere.
    """
    differing = {name: value for name, value in changes.items() if getattr(entry.made, name) != value}
    if not differing:
        return ()
    create(entry.made.model_copy(update=differing))
    return (FeatureUpdated(changes=differing, operator_id=operator_id, at=at),)
