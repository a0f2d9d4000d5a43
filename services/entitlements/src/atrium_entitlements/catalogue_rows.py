"""What is seen of the catalogue: attributes of features and packages, and the public events of packages."""

from __future__ import annotations

from typing import Any

from atrium_common.clock import rfc3339
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.commit import Publication
from atrium_entitlements.domain import feature_entry, package_entry, register
from atrium_entitlements.domain.feature_entry import FeatureEntry
from atrium_entitlements.domain.package_entry import PackageCreated, PackageEntry, PackageUpdated


def feature_attributes(feature_id: str, entry: FeatureEntry) -> JSONObject:
    """A feature as clients see it."""
    made = entry.made
    return {
        "id": feature_id,
        "code": made.code,
        "name": made.name,
        "type": made.kind,
        "reset": made.reset,
        "rolling_window_days": made.rolling_window_days,
        "parent": made.parent,
        "unit": made.unit,
        "category": made.category,
        "scale": made.scale,
        "spill": made.spill,
        "rolls_over": made.rolls_over,
        "created_at": rfc3339(made.at),
        "updated_at": rfc3339(entry.updated_at),
    }


def package_attributes(package_id: str, entry: PackageEntry) -> JSONObject:
    """A package as clients see it, in its newest version."""
    made = entry.made
    features: list[JSON] = [
        {"feature": included.feature} if included.boolean else {"feature": included.feature, "limit": included.limit}
        for included in made.features
    ]
    return {
        "id": package_id,
        "code": made.code,
        "name": made.name,
        "description": made.description,
        "is_base": made.is_base,
        "is_stackable": made.is_stackable,
        "is_active": made.is_active,
        "is_public": made.is_public,
        "tier": made.tier,
        "features": features,
        "version": entry.version,
        "created_at": rfc3339(made.at),
        "updated_at": rfc3339(entry.updated_at),
    }


def _publish_package(
    event: Event, before: PackageEntry | None, after: PackageEntry, package_id: str
) -> Publication | None:
    if not isinstance(event, PackageCreated | PackageUpdated):
        return None
    attributes = package_attributes(package_id, after)
    data: JSONObject = {"object": {"id": package_id, "type": "package", "attributes": attributes}}
    if before is not None:
        earlier = package_attributes(package_id, before)
        told = {*attributes} - {"version", "updated_at"}
        data["previous_attributes"] = {
            name: earlier[name] for name in earlier if name in told and earlier[name] != attributes[name]
        }
    return Publication(
        type=event.TYPE,
        data=data,
        key=event.operator_id or f"package/{package_id}",
        workspace_ids=() if event.operator_id is None else (event.operator_id,),
        workspace_id=event.operator_id,
    )


def searched(loaded: Loaded[FeatureEntry] | Loaded[PackageEntry]) -> tuple[str | None, ...]:
    """The texts over which `search` goes."""
    made = loaded.there.made
    return (made.code, made.name, made.category if isinstance(made, feature_entry.FeatureCreated) else made.description)


FEATURE: Decider[FeatureEntry] = Decider("feature", feature_entry.evolve)
PACKAGE: Decider[PackageEntry] = Decider("package", package_entry.evolve, _publish_package)
REGISTER: Decider[register.Register] = Decider("catalogue", register.evolve)
DECIDERS: tuple[Decider[Any], ...] = (FEATURE, PACKAGE, REGISTER)
UPCASTERS = feature_entry.UPCASTERS
EVENTS = (*feature_entry.EVENTS, *package_entry.EVENTS, *register.EVENTS)
