"""The routes of questions: check, summary, explain, preview."""

from __future__ import annotations

from datetime import datetime

from atrium_common.errors import ValidationFailed
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_entitlements.application.asking import Asking
from atrium_entitlements.application.giving import Giving
from atrium_entitlements.application.holders import Holders
from atrium_entitlements.domain.holder import Holder
from atrium_entitlements.domain.provisioning import Provisioning
from atrium_entitlements.http import models

READ = "entitlements:read"


def asking_routes(asking: Asking, giving: Giving, holders: Holders) -> list[Route]:
    """Questions about the holder in context, or the namespace in the path."""

    async def check_namespace(call: Call) -> Reply:
        body = call.read(models.Check)
        as_of = _as_of(call, models.AsOfQuery)
        holder = await holders.then(await holders.of(call.principal, namespace_id=call.params["namespace_id"]), as_of)
        return Reply.bare(await asking.check(holder, body.feature, body.quantity, at=call.at, as_of=as_of))

    async def check(call: Call) -> Reply:
        asked = call.read_query(models.CheckQuery)
        as_of = _as_of(call, models.CheckQuery)
        holder = await holders.then(await holders.of(call.principal), as_of)
        return Reply.bare(await asking.check(holder, asked.feature, asked.quantity, at=call.at, as_of=as_of))

    async def summary(call: Call) -> Reply:
        as_of = _as_of(call, models.AsOfQuery)
        holder = await holders.then(await holders.of(call.principal), as_of)
        figures = await asking.summary(holder, at=call.at, as_of=as_of)
        return Reply.one(
            {
                "workspace_id": call.principal.workspace_id,
                "namespace_id": holder.namespace_id,
                "tier": holder.tier,
                "entitlements": figures,
            }
        )

    async def explain(call: Call) -> Reply:
        asked = call.read_query(models.FeatureQuery)
        as_of = _as_of(call, models.FeatureQuery)
        holder = await holders.then(await holders.of(call.principal), as_of)
        return Reply.one(await asking.explain(holder, asked.feature, at=call.at, as_of=as_of))

    async def preview(call: Call) -> Reply:
        body = call.read(models.Preview)
        holder = await holder_named(call, holders, body)
        package = await giving.package(body.package, for_operator=call.principal.is_operator)
        wanted = Provisioning(
            entitlement_id="ent_preview",
            package=package,
            starts_at=body.starts_at,
            expires_at=body.expires_at,
            trial_ends_at=body.trial_ends_at,
            anchor=body.billing_cycle_anchor,
            zone=holder.zone,
            replace=body.replace,
        )
        return Reply.one(
            {
                "workspace_id": holder.workspace_id,
                "namespace_id": holder.namespace_id,
                "package": package.code,
                **await asking.preview(holder, wanted, at=call.at),
            }
        )

    base = f"{BASE}/entitlements"
    return [
        Route("POST", f"{BASE}/namespaces/{{namespace_id}}/entitlements/check", check_namespace,
              "Check a feature of a namespace", READ, models.Check, models.Verdict, query=models.AsOfQuery, bare=True,
              permission=READ),
        Route("GET", f"{base}/check", check, "Check a feature of the context", READ, answer=models.Verdict,
              query=models.CheckQuery, bare=True, permission=READ),
        Route("GET", f"{base}/summary", summary, "All figures of the context", READ, answer=models.Summary,
              query=models.AsOfQuery, permission=READ),
        Route("GET", f"{base}/explain", explain, "Why a check answers as it does", READ, answer=models.Explanation,
              query=models.FeatureQuery, permission=READ),
        Route("POST", f"{base}/preview", preview, "What a package would change", READ, models.Preview,
              models.Previewed, permission=READ),
    ]  # fmt: skip


async def holder_named(
    call: Call, holders: Holders, body: models.Preview | models.Provision | models.CreateBoost
) -> Holder:
    """The holder that the body names, or the context's.

    Raises:
        ValidationFailed: it names two.
        NotFound, Unavailable: see `Holders.of`.
    """
    if body.namespace_id is not None and body.workspace_id is not None:
        raise ValidationFailed({"namespace_id": ["Give either namespace_id or workspace_id."]})
    return await holders.of(call.principal, namespace_id=body.namespace_id, workspace_id=body.workspace_id)


def _as_of(call: Call, model: type[models.AsOfQuery]) -> datetime | None:
    as_of = call.read_query(model).as_of
    if as_of is not None and as_of > call.at:
        raise ValidationFailed({"as_of": ["Must lie in the past. What would be, preview tells."]})
    return as_of
