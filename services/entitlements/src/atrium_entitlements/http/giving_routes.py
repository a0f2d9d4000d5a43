"""The routes of provisioned packages and boosts: tenants read, the operator writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from atrium_common.errors import NotFound, ValidationFailed
from atrium_common.eventing.event import Event
from atrium_common.http.listing import WORDS, Listing, words
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import OPERATOR
from atrium_entitlements import account_resources
from atrium_entitlements.application.giving import Decision, Given, Giving
from atrium_entitlements.application.holders import Holders
from atrium_entitlements.domain import boosts, provisioning
from atrium_entitlements.domain.account import Account
from atrium_entitlements.domain.boosts import Boosting
from atrium_entitlements.domain.provisioning import Acting, Provisioning
from atrium_entitlements.http import models
from atrium_entitlements.http.asking_routes import READ, holder_named
from atrium_entitlements.http.references import by_code
from atrium_entitlements.rows import boost_attributes, entitlement_attributes

ENTITLEMENTS = Listing(
    fields=tuple(account_resources.Entitlement.model_fields),
    sortable=("created_at", "updated_at", "starts_at", "expires_at", "package"),
    filters={
        "status": ("active", "suspended", "cancelled", "expired"),
        "package": "text",
        "is_base": "boolean",
        "source": "text",
    },
    searchable=True,
)
BOOSTS = Listing(
    fields=tuple(account_resources.Boost.model_fields),
    sortable=("created_at", "updated_at", "expires_at", "feature"),
    filters={
        "status": ("active", "cancelled", "expired"),
        "feature": "text",
        "type": ("add_limit", "enable", "unlimited"),
        "duration": ("cycle_bound", "duration", "permanent"),
        "source": "text",
    },
    searchable=True,
)
_ENTITLEMENTS = f"{BASE}/entitlements"
_BOOSTS = f"{BASE}/boosts"


def giving_routes(giving: Giving, holders: Holders) -> list[Route]:
    """Entitlements and boosts."""
    return [*_entitlement_routes(giving, holders), *_boost_routes(giving, holders)]


@dataclass(frozen=True, slots=True)
class _Finding:
    """Finds the account of a resource, for those who may see it."""

    giving: Giving
    holders: Holders

    async def account_of(self, call: Call, kind: str, resource_id: str) -> str:
        account_id = await self.giving.accounts.owner_of(kind, resource_id)
        if call.principal.is_operator or account_id == call.principal.workspace_id:
            return account_id
        try:
            await self.holders.of(call.principal, namespace_id=account_id)
        except NotFound:
            raise NotFound(kind, resource_id) from None
        return account_id


def _entitlement_routes(giving: Giving, holders: Holders) -> list[Route]:
    finding = _Finding(giving, holders)

    async def index(call: Call) -> Reply:
        holder = await holders.of(call.principal)
        account = await giving.accounts.load(holder.account)
        shown = [entitlement_attributes(holder.account, account, each, call.at) for each in account.entitlements]
        asked = await by_code(call.asked, giving.accounts.catalogue)
        return await asked.reply_from([_findable(each, "package", "package_name", "source") for each in shown])

    async def create(call: Call) -> Reply:
        body = call.read(models.Provision)
        if body.namespace_id is None and body.workspace_id is None:
            raise ValidationFailed({"namespace_id": ["Give either namespace_id or workspace_id."]})
        holder = await holder_named(call, holders, body)
        wanted = Provisioning(
            entitlement_id=giving.ids.new("ent"),
            package=await giving.package(body.package, for_operator=True),
            starts_at=body.starts_at,
            expires_at=body.expires_at,
            trial_ends_at=body.trial_ends_at,
            anchor=body.billing_cycle_anchor,
            zone=holder.zone,
            source=body.source,
            metadata=body.metadata,
            replace=body.replace,
        )
        given = await giving.provision(call.command, holder, wanted)
        return _entitlement(call, given, created=True)

    async def read(call: Call) -> Reply:
        entitlement_id = call.params["entitlement_id"]
        account_id = await finding.account_of(call, "entitlement", entitlement_id)
        account = await giving.accounts.load(account_id)
        attributes = entitlement_attributes(account_id, account, entitlement_id, call.at)
        return Reply.one(attributes, version=account.entitlements[entitlement_id].version)

    def changing(decision_of: Callable[[Call, str], Decision]) -> Callable[[Call], Awaitable[Reply]]:
        async def change(call: Call) -> Reply:
            entitlement_id = call.params["entitlement_id"]
            account_id = await giving.accounts.owner_of("entitlement", entitlement_id)
            given = await giving.change(call.command, account_id, entitlement_id, decision_of(call, entitlement_id))
            return _entitlement(call, given)

        return change

    def suspend(call: Call, entitlement_id: str) -> Decision:
        reason = call.read(models.Reason).reason
        return lambda account, acting: provisioning.suspend(account, entitlement_id, reason, acting)

    def unsuspend(_: Call, entitlement_id: str) -> Decision:
        return lambda account, acting: provisioning.unsuspend(account, entitlement_id, acting)

    def cancel(call: Call, entitlement_id: str) -> Decision:
        reason = call.read(models.Reason).reason
        return lambda account, acting: provisioning.cancel(account, entitlement_id, reason, acting)

    def renew(call: Call, entitlement_id: str) -> Decision:
        expires_at = call.read(models.Renew).expires_at
        return lambda account, acting: provisioning.renew(account, entitlement_id, acting, expires_at=expires_at)

    one, model = f"{_ENTITLEMENTS}/{{entitlement_id}}", account_resources.Entitlement
    return [
        Route("GET", _ENTITLEMENTS, index, "List the packages of the context", READ, answer=model,
              listing=ENTITLEMENTS, permission=READ),
        Route("POST", _ENTITLEMENTS, create, "Give a holder a package", OPERATOR, models.Provision, model, status=201),
        Route("GET", one, read, "Get a provisioned package", READ, answer=model, single=ENTITLEMENTS, permission=READ),
        Route("POST", f"{one}/suspend", changing(suspend), "Suspend a package", OPERATOR, models.Reason, model),
        Route("POST", f"{one}/unsuspend", changing(unsuspend), "Let it grant again", OPERATOR, answer=model),
        Route("POST", f"{one}/cancel", changing(cancel), "End a package now", OPERATOR, models.Reason, model),
        Route("POST", f"{one}/renew", changing(renew), "Let a package go on", OPERATOR, models.Renew, model),
    ]  # fmt: skip


def _boost_routes(giving: Giving, holders: Holders) -> list[Route]:
    finding = _Finding(giving, holders)

    async def index(call: Call) -> Reply:
        holder = await holders.of(call.principal)
        account = await giving.accounts.load(holder.account)
        shown = [boost_attributes(holder.account, account, each, call.at) for each in account.boosts]
        asked = await by_code(call.asked, giving.accounts.catalogue)
        return await asked.reply_from([_findable(each, "feature", "source") for each in shown])

    async def create(call: Call) -> Reply:
        body = call.read(models.CreateBoost)
        holder = await holder_named(call, holders, body)
        duration = body.duration or ("permanent" if body.expires_at is None else "duration")
        wanted = Boosting(
            boost_id=giving.ids.new("bst"),
            feature=await giving.feature(body.feature),
            kind=body.type,
            duration=duration,
            quantity=body.quantity,
            expires_at=body.expires_at,
            source=body.source,
            zone=holder.zone,
        )
        given = await giving.boost(call.command, holder, wanted)
        account = given.account.there
        attributes = boost_attributes(given.account.id, account, given.id, call.at)
        location = f"{call.public_base}{_BOOSTS}/{given.id}"
        return Reply.created(attributes, location=location, version=account.boosts[given.id].version)

    async def read(call: Call) -> Reply:
        boost_id = call.params["boost_id"]
        account_id = await finding.account_of(call, "boost", boost_id)
        account = await giving.accounts.load(account_id)
        attributes = boost_attributes(account_id, account, boost_id, call.at)
        return Reply.one(attributes, version=account.boosts[boost_id].version)

    async def delete(call: Call) -> Reply:
        boost_id = call.params["boost_id"]
        account_id = await giving.accounts.owner_of("boost", boost_id)

        def decision(account: Account, acting: Acting) -> tuple[Event, ...]:
            if boost_id in account.boosts:
                call.check_version(account.boosts[boost_id].version)
            return boosts.cancel(account, boost_id, acting)

        await giving.change(call.command, account_id, boost_id, decision)
        return Reply.empty()

    model = account_resources.Boost
    return [
        Route("GET", _BOOSTS, index, "List the boosts of the context", READ, answer=model, listing=BOOSTS,
              permission=READ),
        Route("POST", _BOOSTS, create, "Give a holder a boost", OPERATOR, models.CreateBoost, model, status=201),
        Route("GET", f"{_BOOSTS}/{{boost_id}}", read, "Get a boost", READ, answer=model, single=BOOSTS,
              permission=READ),
        Route("DELETE", f"{_BOOSTS}/{{boost_id}}", delete, "Take a boost away", OPERATOR, status=204),
    ]  # fmt: skip


def _findable(resource: JSONObject, *names: str) -> JSONObject:
    """The resource, to be searched by the words of these fields."""
    return {**resource, WORDS: words(*(str(resource[name] or "") for name in names))}


def _entitlement(call: Call, given: Given, *, created: bool = False) -> Reply:
    account = given.account.there
    attributes: JSONObject = entitlement_attributes(given.account.id, account, given.id, call.at)
    version = account.entitlements[given.id].version
    if created:
        location = f"{call.public_base}{_ENTITLEMENTS}/{given.id}"
        return Reply.created(attributes, location=location, version=version)
    return Reply.one(attributes, version=version)
