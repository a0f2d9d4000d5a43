"""Commands on the catalogue: features and packages, entered in the register in the same commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from atrium_common.errors import NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.http.route import Call
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Meta
from atrium_entitlements.application.live_catalogue import ONE, LiveCatalogue
from atrium_entitlements.catalogue_rows import FEATURE, PACKAGE, REGISTER
from atrium_entitlements.domain import feature_entry, package_entry, register, seed
from atrium_entitlements.domain.feature_entry import FeatureCreated, FeatureEntry
from atrium_entitlements.domain.package_entry import Included, PackageCreated, PackageEntry
from atrium_entitlements.domain.register import Register


@dataclass(frozen=True, slots=True)
class Wanted:
    """A feature that a package shall include: by code or id; `given` tells a limit of null from none at all."""

    feature: str
    limit: int | None
    given: bool


@dataclass(frozen=True, slots=True)
class CatalogueKeeping:
    """How the catalogue is changed.

    Attributes:
        operator: gives the id of the workspace that hears of changes.
    """

    repository: Repository
    live: LiveCatalogue
    operator: Callable[[], Awaitable[str]]
    ids: Ids

    async def create_feature(self, call: Call, wanted: FeatureCreated) -> Loaded[FeatureEntry]:
        """Add a feature; its `parent` may be a code or an id.

        Raises:
            Duplicate: another one has its code.
            ValidationFailed: it makes no sense, or its pool does not.
        """
        feature_id = self.ids.new("feat")
        operator_id = await self.operator()

        async def decide(tx: Transaction) -> JSONObject:
            entered = await _register(tx)
            named = wanted.model_copy(update={"operator_id": operator_id, "parent": _pool(entered, wanted.parent)})
            await self._enter_feature(tx, feature_id, feature_entry.create(named))
            return {"id": feature_id}

        done = await self.repository.transact(call.command, decide)
        await self.live.refresh()
        return await done.state(FEATURE, str(done.outcome["id"]))

    async def update_feature(
        self, call: Call, code_or_id: str, changes: Mapping[str, str | bool | None]
    ) -> Loaded[FeatureEntry]:
        """Change a feature's name, pool, unit, category or spill.

        Raises:
            NotFound, PreconditionFailed.
            ValidationFailed: its pool would be none, or itself.
        """
        operator_id = await self.operator()

        async def decide(tx: Transaction) -> JSONObject:
            entered = await _register(tx)
            known = entered.feature(code_or_id)
            if known is None:
                raise NotFound("feature", code_or_id)
            loaded = await tx.load(FEATURE, known.id)
            call.check_version(loaded.version)
            named = dict(changes)
            if "parent" in named:
                named["parent"] = _pool(entered, named["parent"])
            events = feature_entry.update(loaded.there, named, operator_id=operator_id, at=tx.at)
            await self._enter_feature(tx, known.id, events)
            return {"id": known.id}

        done = await self.repository.transact(call.command, decide)
        await self.live.refresh()
        return await done.state(FEATURE, str(done.outcome["id"]))

    async def create_package(
        self, call: Call, wanted: PackageCreated, features: Sequence[Wanted]
    ) -> Loaded[PackageEntry]:
        """Add a package that includes these features.

        Raises:
            Duplicate: another one has its code, or is what its tier grants.
            ValidationFailed: a feature is unknown, twice in it, or its limit does not suit it.
        """
        package_id = self.ids.new("pkg")
        operator_id = await self.operator()

        async def decide(tx: Transaction) -> JSONObject:
            included = _included(await _register(tx), features)
            made = wanted.model_copy(update={"operator_id": operator_id, "features": included, "at": tx.at})
            await self._enter_package(tx, package_id, (made,))
            return {"id": package_id}

        done = await self.repository.transact(call.command, decide)
        await self.live.refresh()
        return await done.state(PACKAGE, str(done.outcome["id"]))

    async def update_package(
        self, call: Call, code_or_id: str, changes: Mapping[str, JsonValue], features: Sequence[Wanted] | None
    ) -> Loaded[PackageEntry]:
        """Change a package: a new version, where anything differs. Holders keep theirs.

        Raises:
            NotFound, PreconditionFailed.
            Duplicate, ValidationFailed: as when it is created.
        """
        operator_id = await self.operator()

        async def decide(tx: Transaction) -> JSONObject:
            entered = await _register(tx)
            known = entered.package(code_or_id)
            if known is None:
                raise NotFound("package", code_or_id)
            loaded = await tx.load(PACKAGE, known.id)
            call.check_version(loaded.version)
            wanted = dict(changes)
            if features is not None:
                wanted["features"] = [part.model_dump(mode="json") for part in _included(entered, features)]
            events = package_entry.update(loaded.there, wanted, operator_id=operator_id, at=tx.at)
            await self._enter_package(tx, known.id, events)
            return {"id": known.id}

        done = await self.repository.transact(call.command, decide)
        await self.live.refresh()
        return await done.state(PACKAGE, str(done.outcome["id"]))

    async def seed(self, at: datetime) -> None:
        """Enter what an installation starts with, once for ever."""
        command = Command("seed/catalogue", at, Meta(actor="service/entitlements"))

        async def decide(tx: Transaction) -> JSONObject:
            for made in seed.features(tx.at):
                await self._enter_feature(tx, self.ids.new("feat"), (made,))
            for plan in seed.packages(tx.at):
                await self._enter_package(tx, self.ids.new("pkg"), (plan,))
            return {}

        await self.repository.transact(command, decide)
        await self.live.refresh()

    async def _enter_feature(
        self, tx: Transaction, feature_id: str, events: Sequence[feature_entry.FeatureEvent]
    ) -> None:
        if not events:
            return
        after = await tx.emit(FEATURE, feature_id, *events)
        made = after.there.made
        entry = register.FeatureEntered(
            id=feature_id, version=after.version, code=made.code, kind=made.kind, parent=made.parent, at=tx.at
        )
        await tx.emit(REGISTER, ONE, *register.enter_feature(await _register(tx), entry))

    async def _enter_package(
        self, tx: Transaction, package_id: str, events: Sequence[package_entry.PackageEvent]
    ) -> None:
        if not events:
            return
        after = await tx.emit(PACKAGE, package_id, *events)
        made = after.there.made
        granting = made.tier if made.is_active else None
        entry = register.PackageEntered(id=package_id, version=after.version, code=made.code, tier=granting, at=tx.at)
        await tx.emit(REGISTER, ONE, *register.enter_package(await _register(tx), entry))


async def _register(tx: Transaction) -> Register:
    return (await tx.load(REGISTER, ONE)).state or Register()


def _pool(entered: Register, code_or_id: JsonValue) -> str | None:
    """The code of the pool; one that is unknown is left for the register to refuse."""
    if code_or_id is None:
        return None
    known = entered.feature(str(code_or_id))
    return str(code_or_id) if known is None else known.code


def _included(entered: Register, wanted: Sequence[Wanted]) -> tuple[Included, ...]:
    faults: dict[str, list[str]] = {}
    included: dict[str, Included] = {}
    for number, each in enumerate(wanted):
        known = entered.feature(each.feature)
        if known is None:
            faults[f"features.{number}.feature"] = [f"There is no feature {each.feature}."]
        elif known.code in included:
            faults[f"features.{number}.feature"] = [f"{known.code} is in the list already."]
        elif (message := _unfit(known.kind, each)) is not None:
            faults[f"features.{number}.limit"] = [message]
        else:
            included[known.code] = Included(feature=known.code, limit=each.limit, boolean=known.kind == "boolean")
    if faults:
        raise ValidationFailed(faults)
    return tuple(included.values())


def _unfit(kind: str, wanted: Wanted) -> str | None:
    if kind == "limit":
        return None if wanted.given else "Give a whole number, or null for no limit."
    return None if wanted.limit is None else f"A feature of type {kind} has no limit."
