"""The routes of the catalogue: everybody with `packages:read` reads, the operator writes."""

from __future__ import annotations

from typing import cast

from pydantic import JsonValue

from atrium_common.errors import NotFound
from atrium_common.http.listing import WORDS, Listing, words
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import OPERATOR
from atrium_entitlements import resources
from atrium_entitlements.application.catalogue import CatalogueKeeping, Wanted
from atrium_entitlements.application.live_catalogue import LiveCatalogue
from atrium_entitlements.catalogue_rows import feature_attributes, package_attributes
from atrium_entitlements.domain.feature_entry import FeatureCreated
from atrium_entitlements.domain.package_entry import PackageCreated
from atrium_entitlements.http import catalogue_models as models
from atrium_entitlements.http.references import by_code

READ = "packages:read"
FEATURES = Listing(
    fields=tuple(resources.Feature.model_fields),
    sortable=("created_at", "updated_at", "name", "code", "category"),
    filters={
        "code": "text",
        "type": ("boolean", "limit", "unlimited"),
        "reset": ("none", "monthly", "rolling"),
        "parent": "text",
        "category": "text",
    },
    searchable=True,
)
PACKAGES = Listing(
    fields=tuple(resources.Package.model_fields),
    sortable=("created_at", "updated_at", "name", "code"),
    filters={
        "code": "text",
        "is_base": "boolean",
        "is_stackable": "boolean",
        "is_active": "boolean",
        "is_public": "boolean",
        "tier": ("free", "pro", "business", "enterprise"),
    },
    searchable=True,
)


def catalogue_routes(keeping: CatalogueKeeping, live: LiveCatalogue) -> list[Route]:
    """Features and packages."""
    return [*_feature_routes(keeping, live), *_package_routes(keeping, live)]


def _feature_routes(keeping: CatalogueKeeping, live: LiveCatalogue) -> list[Route]:
    async def index(call: Call) -> Reply:
        await live.refresh()
        shown: list[JSONObject] = []
        for each in live.feature_entries():
            made = each.there.made
            attributes = feature_attributes(each.id, each.there)
            shown.append({**attributes, WORDS: words(made.code, made.name, made.category)})
        asked = await by_code(call.asked, live)
        return await asked.reply_from(shown)

    async def create(call: Call) -> Reply:
        body = call.read(models.CreateFeature)
        wanted = body.model_dump(exclude={"type"})
        made = await keeping.create_feature(call, FeatureCreated(**wanted, kind=body.type, at=call.at))
        location = f"{call.public_base}{BASE}/features/{made.id}"
        return Reply.created(feature_attributes(made.id, made.there), location=location, version=made.version)

    async def read(call: Call) -> Reply:
        await live.refresh()
        found = live.feature_entry(call.params["feature_id"])
        if found is None:
            raise NotFound("feature", call.params["feature_id"])
        return Reply.one(feature_attributes(found.id, found.there), version=found.version)

    async def update(call: Call) -> Reply:
        changes = cast("dict[str, str | bool | None]", call.read(models.UpdateFeature).sent())
        changed = await keeping.update_feature(call, call.params["feature_id"], changes)
        return Reply.one(feature_attributes(changed.id, changed.there), version=changed.version)

    path, one, model = f"{BASE}/features", f"{BASE}/features/{{feature_id}}", resources.Feature
    return [
        Route("GET", path, index, "List the features", READ, answer=model, listing=FEATURES, permission=READ),
        Route("POST", path, create, "Add a feature", OPERATOR, models.CreateFeature, model, status=201),
        Route("GET", one, read, "Get a feature, by id or code", READ, answer=model, single=FEATURES, permission=READ),
        Route("PATCH", one, update, "Change a feature", OPERATOR, models.UpdateFeature, model),
    ]


def _package_routes(keeping: CatalogueKeeping, live: LiveCatalogue) -> list[Route]:
    async def index(call: Call) -> Reply:
        await live.refresh()
        shown: list[JSONObject] = []
        for each in live.package_entries():
            made = each.there.made
            if made.is_public or call.principal.is_operator:
                attributes = package_attributes(each.id, each.there)
                shown.append({**attributes, WORDS: words(made.code, made.name, made.description)})
        return await call.asked.reply_from(shown)

    async def create(call: Call) -> Reply:
        body = call.read(models.CreatePackage)
        stackable = not body.is_base if body.is_stackable is None else body.is_stackable
        wanted = PackageCreated(
            **body.model_dump(exclude={"features", "is_stackable"}), features=(), is_stackable=stackable, at=call.at
        )
        made = await keeping.create_package(call, wanted, _wanted(body.features))
        location = f"{call.public_base}{BASE}/packages/{made.id}"
        return Reply.created(package_attributes(made.id, made.there), location=location, version=made.version)

    async def read(call: Call) -> Reply:
        await live.refresh()
        found = live.package_entry(call.params["package_id"])
        if found is None or not (found.there.made.is_public or call.principal.is_operator):
            raise NotFound("package", call.params["package_id"])
        return Reply.one(package_attributes(found.id, found.there), version=found.version)

    async def update(call: Call) -> Reply:
        body = call.read(models.UpdatePackage)
        changes = cast("dict[str, JsonValue]", body.sent())
        features = _wanted(body.features) if changes.pop("features", None) is not None else None
        changed = await keeping.update_package(call, call.params["package_id"], changes, features)
        return Reply.one(package_attributes(changed.id, changed.there), version=changed.version)

    path, one, model = f"{BASE}/packages", f"{BASE}/packages/{{package_id}}", resources.Package
    return [
        Route("GET", path, index, "List the packages", READ, answer=model, listing=PACKAGES, permission=READ),
        Route("POST", path, create, "Add a package", OPERATOR, models.CreatePackage, model, status=201),
        Route("GET", one, read, "Get a package, by id or code", READ, answer=model, single=PACKAGES, permission=READ),
        Route("PATCH", one, update, "Change a package: a new version, holders keep theirs", OPERATOR,
              models.UpdatePackage, model),
    ]  # fmt: skip


def _wanted(features: list[models.IncludedFeature]) -> list[Wanted]:
    return [Wanted(each.feature, each.limit, "limit" in each.model_fields_set) for each in features]
