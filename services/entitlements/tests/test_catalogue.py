"""The catalogue by its promises, entered through HTTP over a store in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from atrium_common.clock import SystemClock
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.event import EventRegistry
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.vault import MasterKeys, Vault
from atrium_common.ids import TimeOrderedIds
from atrium_common.store.memory import MemoryStore
from atrium_common.testing.http import OPERATOR, Answer, ServiceUnderTest
from atrium_entitlements import catalogue_rows
from atrium_entitlements.application.catalogue import CatalogueKeeping
from atrium_entitlements.application.live_catalogue import LiveCatalogue
from atrium_entitlements.domain.register import DEEPEST_POOL
from atrium_entitlements.http.catalogue_routes import catalogue_routes
from atrium_entitlements.published import PUBLISHED

BASE = "/api/v1"
TENANT = replace(OPERATOR, user_id="usr_1", key_id="key_1", workspace_id="wks_1", scopes=("*",))


@dataclass
class Replica:
    """One process of the service on a store that it may share."""

    store: MemoryStore
    live: LiveCatalogue
    keeping: CatalogueKeeping
    http: ServiceUnderTest

    async def call(self, method: str, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.http.request(method, f"{BASE}/{path}", json=json, **options)

    async def created(self, path: str, json: Any) -> Any:
        answer = await self.call("POST", path, json)
        assert answer.status == 201, answer.json
        return answer.json["data"]

    async def data(self, path: str, **options: Any) -> Any:
        answer = await self.call("GET", path, **options)
        assert answer.status == 200, answer.json
        return answer.json["data"]


async def replica(store: MemoryStore) -> Replica:
    clock = SystemClock()
    ids = TimeOrderedIds(clock=clock)
    vault = Vault(store.documents, MasterKeys.parse("k:" + "A" * 43 + "="), clock=clock)
    repository = Repository(store, codec=Codec(EventRegistry(catalogue_rows.EVENTS), vault), ids=ids)
    live = LiveCatalogue(repository)

    async def operator() -> str:
        return "wks_operator"

    keeping = CatalogueKeeping(repository, live, operator, ids)
    await keeping.seed(clock.now())
    return Replica(store, live, keeping, ServiceUnderTest(catalogue_routes(keeping, live)))


@pytest.fixture
async def service() -> AsyncIterator[Replica]:
    made = await replica(MemoryStore())
    async with made.http:
        yield made


async def test_an_installation_starts_with_the_four_tiers_and_the_starter_package(service: Replica) -> None:
    packages = {package["code"]: package for package in await service.data("packages")}
    assert {package["tier"] for package in packages.values()} == {"free", "pro", "business", "enterprise", None}
    starter = packages["starter"]
    assert starter["name"] == "Starter Package"
    assert starter["id"].startswith("pkg_")
    assert {"feature": "storage", "limit": 5368709120} in starter["features"]
    assert {"feature": "webhooks"} in packages["tier.free"]["features"]
    assert service.live.of_tier("enterprise") is not None


async def test_starting_again_seeds_nothing_twice(service: Replica) -> None:
    before = await service.data("packages")
    tail = await service.store.log.tail()
    again = await replica(service.store)
    assert await service.store.log.tail() == tail
    async with again.http:
        assert await again.data("packages") == before


async def test_replicas_that_start_together_seed_one_catalogue() -> None:
    store = MemoryStore()
    replicas = await asyncio.gather(*(replica(store) for _ in range(4)))
    assert await store.log.tail() == 1
    codes = {tuple(package.id for package in each.live.packages()) for each in replicas}
    assert len(codes) == 1


async def test_a_feature_is_created_read_by_id_and_code_and_changed(service: Replica) -> None:
    made = await service.created(
        "features", {"code": "storage.images", "name": "Images", "type": "limit", "parent": "storage", "unit": "bytes"}
    )
    assert made["id"].startswith("feat_")
    assert (made["parent"], made["reset"], made["category"], made["scale"]) == ("storage", "none", "general", 0)
    by_id = await service.call("GET", f"features/{made['id']}")
    by_code = await service.call("GET", "features/storage.images")
    assert by_id.json["data"] == by_code.json["data"] == made
    changed = await service.call("PATCH", "features/storage.images", {"name": "Pictures", "parent": None})
    assert (changed.json["data"]["name"], changed.json["data"]["parent"]) == ("Pictures", None)
    stale = await service.call(
        "PATCH", "features/storage.images", {"name": "X"}, headers={"If-Match": by_id.headers["ETag"]}
    )
    assert (stale.status, stale.error["code"]) == (412, "PRECONDITION_FAILED")
    unchanged = await service.call("PATCH", "features/storage.images", {"name": "Pictures"})
    assert unchanged.headers["ETag"] == changed.headers["ETag"]
    missing = await service.call("GET", "features/none")
    assert (missing.status, missing.error["resource_type"]) == (404, "feature")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "X", "type": "limit"}, "code"),
        ({"code": "x", "type": "limit"}, "name"),
        ({"code": "x", "name": "X"}, "type"),
        ({"code": "X Y", "name": "X", "type": "limit"}, "code"),
        ({"code": "x..y", "name": "X", "type": "limit"}, "code"),
        ({"code": "feat_x", "name": "X", "type": "limit"}, "code"),
        ({"code": "x", "name": "X", "type": "many"}, "type"),
        ({"code": "x", "name": "X", "type": "limit", "reset": "rolling"}, "rolling_window_days"),
        ({"code": "x", "name": "X", "type": "limit", "rolling_window_days": 7}, "rolling_window_days"),
        ({"code": "x", "name": "X", "type": "boolean", "reset": "monthly"}, "reset"),
        ({"code": "x", "name": "X", "type": "boolean", "parent": "storage"}, "parent"),
        ({"code": "x", "name": "X", "type": "limit", "parent": "nothing"}, "parent"),
        ({"code": "x", "name": "X", "type": "limit", "parent": "sso"}, "parent"),
        ({"code": "x", "name": "X", "type": "limit", "parent": "x"}, "parent"),
        ({"code": "x", "name": "X", "type": "limit", "colour": "red"}, "colour"),
    ],
)
async def test_a_feature_that_makes_no_sense_is_refused(service: Replica, body: Any, field: str) -> None:
    refused = await service.call("POST", "features", body)
    assert (refused.status, refused.error["code"]) == (422, "VALIDATION_ERROR")
    assert list(refused.error["details"]) == [field]


async def test_a_code_exists_once_also_when_many_claim_it_at_once(service: Replica) -> None:
    feature = {"code": "once", "name": "Once", "type": "limit"}
    answers = await asyncio.gather(*(service.call("POST", "features", feature) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [201, *[409] * 7]
    refused = next(answer for answer in answers if answer.status == 409)
    assert (refused.error["code"], refused.error["conflicting_field"]) == ("DUPLICATE_RESOURCE", "code")
    plan = {"code": "starter", "name": "Again"}
    assert (await service.call("POST", "packages", plan)).error["conflicting_field"] == "code"


async def test_pools_never_form_a_cycle_not_even_by_two_changes_at_once(service: Replica) -> None:
    for code in ("a", "b", "c"):
        await service.created("features", {"code": code, "name": code, "type": "limit"})
    assert (await service.call("PATCH", "features/b", {"parent": "a"})).status == 200
    assert (await service.call("PATCH", "features/c", {"parent": "b"})).status == 200
    refused = await service.call("PATCH", "features/a", {"parent": "c"})
    assert (refused.status, refused.error["details"]) == (422, {"parent": ["c counts on a itself."]})
    assert (await service.call("PATCH", "features/b", {"parent": None})).status == 200
    answers = await asyncio.gather(
        service.call("PATCH", "features/a", {"parent": "c"}), service.call("PATCH", "features/b", {"parent": "a"})
    )
    assert sorted(answer.status for answer in answers) == [200, 422]


async def test_pools_stand_only_so_deep(service: Replica) -> None:
    above = None
    for number in range(DEEPEST_POOL + 1):
        made = await service.created("features", {"code": f"p{number}", "name": "P", "type": "limit", "parent": above})
        above = made["code"]
    deeper = {"code": "deeper", "name": "P", "type": "limit", "parent": above}
    assert (await service.call("POST", "features", deeper)).status == 422
    await service.created("features", {"code": "root", "name": "P", "type": "limit"})
    assert (await service.call("PATCH", "features/p0", {"parent": "root"})).status == 422


async def test_a_package_takes_features_by_code_or_id_and_a_boolean_one_has_no_limit(service: Replica) -> None:
    seats = await service.data("features/seats")
    made = await service.created(
        "packages",
        {
            "code": "team",
            "name": "Team",
            "is_base": True,
            "features": [
                {"feature": seats["id"], "limit": 7},
                {"feature": "sso"},
                {"feature": "storage", "limit": None},
            ],
        },
    )
    assert made["features"] == [
        {"feature": "seats", "limit": 7},
        {"feature": "sso"},
        {"feature": "storage", "limit": None},
    ]
    assert (made["version"], made["is_base"], made["is_stackable"], made["is_active"], made["is_public"]) == (
        1,
        True,
        False,
        True,
        True,
    )
    assert await service.data("packages/team") == await service.data(f"packages/{made['id']}") == made
    addon = await service.created("packages", {"code": "more", "name": "More"})
    assert (addon["is_base"], addon["is_stackable"]) == (False, True)


@pytest.mark.parametrize(
    ("features", "field"),
    [
        ([{"feature": "nothing", "limit": 1}], "features.0.feature"),
        ([{"feature": "seats", "limit": 1}, {"feature": "seats", "limit": 2}], "features.1.feature"),
        ([{"feature": "sso", "limit": 1}], "features.0.limit"),
        ([{"feature": "seats"}], "features.0.limit"),
        ([{"feature": "seats", "limit": -1}], "features.0.limit"),
        ([{"limit": 1}], "features.0.feature"),
    ],
)
async def test_a_package_of_unfit_features_is_refused(service: Replica, features: Any, field: str) -> None:
    for method, path in (("POST", "packages"), ("PATCH", "packages/starter")):
        body = {"code": "p", "name": "P", "features": features} if method == "POST" else {"features": features}
        refused = await service.call(method, path, body)
        assert (refused.status, list(refused.error["details"])) == (422, [field])


async def test_a_change_of_a_package_makes_a_new_version_and_the_old_one_is_kept(service: Replica) -> None:
    changed = await service.call("PATCH", "packages/starter", {"features": [{"feature": "seats", "limit": 3}]})
    assert changed.status == 200
    assert (changed.json["data"]["version"], changed.json["data"]["features"]) == (
        2,
        [{"feature": "seats", "limit": 3}],
    )
    first, second = service.live.package("starter", 1), service.live.package("starter")
    assert first is not None
    assert second is not None
    assert (first.features["storage"], dict(second.features)) == (5368709120, {"seats": 3})
    again = await service.call("PATCH", "packages/starter", {"features": [{"feature": "seats", "limit": 3}]})
    assert again.json["data"]["version"] == 2
    assert (await service.call("PATCH", "packages/starter", {"name": None})).status == 422
    assert (await service.call("PATCH", "packages/starter", {"code": "other"})).status == 422


async def test_what_a_tier_granted_is_known_for_every_moment_of_the_past(service: Replica) -> None:
    before = SystemClock().now()
    await service.call("PATCH", "packages/tier.pro", {"features": [{"feature": "seats", "limit": 21}]})
    between = SystemClock().now()
    await service.call("PATCH", "packages/tier.pro", {"is_active": False})
    then = [(await service.live.then(moment)).of_tier("pro") for moment in (before, between)]
    assert [version and version.features["seats"] for version in then] == [20, 21]
    assert (await service.live.then(SystemClock().now())).of_tier("pro") is None
    assert (await service.live.then(before - timedelta(days=1))).of_tier("pro") is None


async def test_what_a_feature_was_is_known_for_every_moment_of_the_past(service: Replica) -> None:
    pool = await service.created("features", {"code": "pool", "name": "Pool", "type": "limit"})
    await service.created("features", {"code": "part", "name": "Part", "type": "limit", "parent": pool["code"]})
    before = SystemClock().now()
    await service.call("PATCH", "features/part", {"parent": None, "unit": "things"})
    for moment, chain, unit in ((before, ["part", "pool"], None), (SystemClock().now(), ["part"], "things")):
        catalogue = await service.live.then(moment)
        part = catalogue.feature("part")
        assert part is not None
        assert ([each.code for each in catalogue.chain(part)], part.unit) == (chain, unit)


async def test_a_tier_is_granted_by_one_active_package(service: Replica) -> None:
    plan = {"code": "new.pro", "name": "New pro", "tier": "pro", "features": [{"feature": "seats", "limit": 30}]}
    refused = await service.call("POST", "packages", plan)
    assert (refused.status, refused.error["conflicting_field"]) == (409, "tier")
    assert (await service.call("PATCH", "packages/tier.pro", {"is_active": False})).status == 200
    assert service.live.of_tier("pro") is None
    await service.created("packages", plan)
    granting = service.live.of_tier("pro")
    assert granting is not None
    assert granting.code == "new.pro"


async def test_tenants_read_the_public_catalogue_and_write_nothing(service: Replica) -> None:
    await service.created("packages", {"code": "secret", "name": "Secret", "is_public": False})
    listed = await service.data("packages", principal=TENANT)
    assert "secret" not in {package["code"] for package in listed}
    assert (await service.call("GET", "packages/secret", principal=TENANT)).status == 404
    assert (await service.call("GET", "packages/secret")).status == 200
    for method, path, body in (
        ("POST", "packages", {"code": "x", "name": "X"}),
        ("PATCH", "packages/starter", {"name": "X"}),
        ("POST", "features", {"code": "x", "name": "X", "type": "limit"}),
        ("PATCH", "features/seats", {"name": "X"}),
    ):
        refused = await service.call(method, path, body, principal=TENANT)
        assert (refused.status, refused.error["required_scope"]) == (403, "admin:*")


async def test_lists_of_the_catalogue_page_filter_sort_search_and_select(service: Replica) -> None:
    page = await service.call("GET", "features?per_page=2&sort=code&fields=code")
    assert [feature["code"] for feature in page.json["data"]] == ["api_calls", "seats"]
    assert page.json["meta"]["total"] == 5
    cursor = page.json["meta"]["next_cursor"]
    following = await service.call("GET", f"features?per_page=2&sort=code&cursor={cursor}")
    assert [feature["code"] for feature in following.json["data"]] == ["sso", "storage"]
    assert [f["code"] for f in await service.data("features?type=boolean&sort=-code")] == ["webhooks", "sso"]
    assert [f["code"] for f in await service.data("features?search=single%20sign")] == ["sso"]
    assert [p["code"] for p in await service.data("packages?is_stackable=true")] == ["storage.extra"]
    assert [p["code"] for p in await service.data("packages?tier=pro&fields=code")] == ["tier.pro"]
    for query in ("colour=red", "sort=limit", "fields=colour", "type=many", "page=0", "include=features"):
        assert (await service.call("GET", f"features?{query}")).status == 422, query


async def test_another_replica_shows_a_write_as_soon_as_it_is_answered(service: Replica) -> None:
    other = await replica(service.store)
    async with other.http:
        await service.call("PATCH", "packages/starter", {"name": "Renamed"})
        assert (await other.data("packages/starter"))["name"] == "Renamed"
        await other.live.refresh()
        renamed = other.live.package("starter")
        assert renamed is not None
        assert (renamed.name, renamed.version) == ("Renamed", 2)


async def test_events_of_packages_go_to_the_operators_workspace_alone(service: Replica) -> None:
    tail = await service.store.log.tail()
    await service.created("packages", {"code": "told", "name": "Told"})
    await service.call("PATCH", "packages/told", {"name": "Told again"})
    commits = await service.store.log.read_log(after=tail, limit=10)
    told = [
        event.publication
        for commit in commits
        for part in commit.proposal.slices
        for event in part.events
        if event.publication
    ]
    assert [publication.type for publication in told] == ["package.created", "package.updated"]
    assert {publication.workspace_ids for publication in told} == {("wks_operator",)}
    assert told[1].data["previous_attributes"] == {"name": "Told"}
    schemas = {one.type: one.schema() for one in PUBLISHED}
    for publication in told:
        Draft202012Validator(schemas[publication.type]).validate(publication.data)
