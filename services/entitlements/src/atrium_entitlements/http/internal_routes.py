"""What the gateway asks: a namespace's plan, what is left of `api_calls`, and requests by day."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import Field

from atrium_common.eventing.log_projector import LogProjector
from atrium_common.http.body import Body, Parameters
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.jsontypes import JSON
from atrium_common.store.ports import Documents
from atrium_entitlements.application import request_days
from atrium_entitlements.application.asking import Asking
from atrium_entitlements.application.giving import Giving
from atrium_entitlements.application.holders import KnownHolders
from atrium_entitlements.application.metering import FEATURE
from atrium_entitlements.domain import plan

_MOST_DAYS = 90


class Mode(Parameters):
    """Live or test mode."""

    livemode: bool = True


class Days(Parameters):
    """How many days of which workspace, the last one today (UTC)."""

    workspace_id: str
    livemode: bool = True
    days: int = Field(default=30, ge=1, le=_MOST_DAYS)


class Quota(Body):
    """Whose requests are about to be counted."""

    workspace_id: str
    namespace_id: str | None = None
    livemode: bool = True


@dataclass(frozen=True, slots=True)
class Inside:
    """What these routes are answered from."""

    asking: Asking
    giving: Giving
    holders: KnownHolders
    projector: LogProjector
    documents: Documents


def internal_routes(inside: Inside) -> list[Route]:
    """For the gateway alone."""

    async def namespace_plan(call: Call) -> Reply:
        asked = call.read_query(Mode)
        caller = replace(call.principal, livemode=asked.livemode)
        # The principal brings no facts: tenancy is asked, so that what was written a moment ago counts.
        holder = await inside.holders.of(caller, namespace_id=call.params["namespace_id"])
        account = await inside.giving.accounts.load(holder.account)
        packages: list[JSON] = list(plan.packages(account, at=call.at))
        figures = await inside.asking.summary(holder, at=call.at)
        return Reply.bare({"packages": packages, "entitlements": plan.entitlements(figures)})

    async def quota(call: Call) -> Reply:
        asked = call.read(Quota)
        holder = await inside.holders.known(
            namespace_id=asked.namespace_id, workspace_id=asked.workspace_id, livemode=asked.livemode
        )
        figures = None if holder is None else await inside.asking.figures_of(holder, FEATURE, at=call.at)
        return Reply.bare(plan.quota(figures))

    async def requests(call: Call) -> Reply:
        asked = call.read_query(Days)
        slot = await inside.projector.current()
        days: list[JSON] = list(
            await request_days.by_day(
                inside.documents,
                slot,
                asked.workspace_id,
                livemode=asked.livemode,
                until=call.at.date(),
                days=asked.days,
            )
        )
        return Reply.bare({"by_day": days})

    return [
        Route("GET", "/internal/namespaces/{namespace_id}/plan", namespace_plan, "A namespace's plan", query=Mode,
              internal=True, bare=True),
        Route("POST", "/internal/quota", quota, "What is left of api_calls", body=Quota, internal=True, bare=True),
        Route("GET", "/internal/requests", requests, "Requests by day", query=Days, internal=True, bare=True),
    ]  # fmt: skip
