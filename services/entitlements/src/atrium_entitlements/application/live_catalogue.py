"""The catalogue in memory, brought up to the register before anything relies on it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime

from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.repository import Repository
from atrium_entitlements.catalogue_rows import FEATURE, PACKAGE, REGISTER
from atrium_entitlements.domain.catalogue import Catalogue, Feature, FixedCatalogue, PackageVersion
from atrium_entitlements.domain.feature_entry import FeatureEntry
from atrium_entitlements.domain.package_entry import PackageEntry
from atrium_entitlements.domain.register import Register

ONE = "register"
"""The id of the one register that there is."""
_PASTS = 32
"""How many catalogues of the past are kept."""


class LiveCatalogue:
    """See `Catalogue`: what was committed before the last `refresh`, read without waiting."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._features: dict[str, Loaded[FeatureEntry]] = {}
        self._packages: dict[str, Loaded[PackageEntry]] = {}
        self._now = FixedCatalogue((), ())
        self._version = 0
        self._reading = asyncio.Lock()
        self._past: OrderedDict[int, Catalogue] = OrderedDict()

    async def refresh(self) -> None:
        """See every change that was committed before this call.

        What the repository gives by `current` afterwards is at least as new.
        """
        await self._repository.confirm()
        if (await self._repository.current(REGISTER, ONE)).version != self._version:
            async with self._reading:
                await self._read()

    async def then(self, moment: datetime) -> Catalogue:
        """The catalogue as it was at that moment; before its beginning nothing of today's features was granted."""
        register = await self._repository.as_of(REGISTER, ONE, moment)
        if register.state is None:
            return FixedCatalogue(self._now.features(), ())
        known = self._past.get(register.version)
        if known is None:
            known = self._past[register.version] = await self._made_of(register.state)
            if len(self._past) > _PASTS:
                self._past.popitem(last=False)
        return known

    def feature_entries(self) -> Sequence[Loaded[FeatureEntry]]:
        """Every feature with its version, as the catalogue's own routes show it."""
        return list(self._features.values())

    def package_entries(self) -> Sequence[Loaded[PackageEntry]]:
        """Every package with its version, as the catalogue's own routes show it."""
        return list(self._packages.values())

    def feature_entry(self, reference: str) -> Loaded[FeatureEntry] | None:
        """The feature with this code or id."""
        found = self._now.feature(reference)
        return None if found is None else self._features[found.id]

    def package_entry(self, reference: str) -> Loaded[PackageEntry] | None:
        """The package with this code or id."""
        found = self._now.package(reference)
        return None if found is None else self._packages[found.id]

    def feature(self, reference: str) -> Feature | None:
        """See `Catalogue.feature`."""
        return self._now.feature(reference)

    def features(self) -> Sequence[Feature]:
        """See `Catalogue.features`."""
        return self._now.features()

    def chain(self, feature: Feature) -> Sequence[Feature]:
        """See `Catalogue.chain`."""
        return self._now.chain(feature)

    def children(self, code: str) -> Sequence[Feature]:
        """See `Catalogue.children`."""
        return self._now.children(code)

    def package(self, reference: str, version: int | None = None) -> PackageVersion | None:
        """See `Catalogue.package`."""
        return self._now.package(reference, version)

    def packages(self) -> Sequence[PackageVersion]:
        """See `Catalogue.packages`."""
        return self._now.packages()

    def of_tier(self, tier: str) -> PackageVersion | None:
        """See `Catalogue.of_tier`."""
        return self._now.of_tier(tier)

    async def _made_of(self, register: Register) -> Catalogue:
        """The catalogue whose entries are at the versions that the register names."""
        load = self._repository.load
        features = [await load(FEATURE, each.id, at=each.version) for each in register.features.values()]
        packages = [await load(PACKAGE, each.id, at=each.version) for each in register.packages.values()]
        return _catalogue(features, packages)

    async def _read(self) -> None:
        loaded = await self._repository.current(REGISTER, ONE)
        if loaded.state is None or loaded.version == self._version:
            return
        features, packages = dict(self._features), dict(self._packages)
        for feature in loaded.state.features.values():
            if feature.id not in features or features[feature.id].version < feature.version:
                features[feature.id] = await self._repository.load(FEATURE, feature.id)
        for package in loaded.state.packages.values():
            if package.id not in packages or packages[package.id].version < package.version:
                packages[package.id] = await self._repository.load(PACKAGE, package.id)
        self._features, self._packages = features, packages
        self._now = _catalogue(features.values(), packages.values())
        self._version = loaded.version


def _catalogue(features: Iterable[Loaded[FeatureEntry]], packages: Iterable[Loaded[PackageEntry]]) -> FixedCatalogue:
    return FixedCatalogue(
        [each.there.feature(each.id) for each in features],
        [version for each in packages for version in each.there.versions(each.id)],
    )
