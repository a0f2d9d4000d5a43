"""The routes of replays and of explanations: parse, command, render."""

from __future__ import annotations

from pydantic import Field

from atrium_common.errors import StateConflict
from atrium_common.http.body import Parameters
from atrium_common.http.listing import Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.store.documents import Condition
from atrium_webhooks import resources, rows
from atrium_webhooks.application.explaining import Explaining
from atrium_webhooks.application.replays import Replays
from atrium_webhooks.domain.replay import STATUSES
from atrium_webhooks.http import bodies
from atrium_webhooks.http.endpoints import ONE, PATH

REPLAYS = Listing(
    fields=tuple(resources.Replay.model_fields), sortable=("created_at", "updated_at"), filters={"status": STATUSES}
)


class WhichEvent(Parameters):
    """Which event is to be explained."""

    event_id: str = Field(min_length=1, max_length=255)


def replay_routes(replays: Replays, explaining: Explaining) -> list[Route]:
    """Starting, following and cancelling jobs; why an event was delivered or not."""

    async def start(call: Call) -> Reply:
        body = call.read(bodies.StartReplay)
        endpoint_id = call.params["webhook_id"]
        job = await replays.start(call, endpoint_id, since=body.since, until=body.until, wanted=body.status)
        location = f"{call.public_base}{PATH}/{endpoint_id}/replays/{job.key}"
        return Reply.accepted(rows.replay_attributes(job), location=location)

    async def index(call: Call) -> Reply:
        endpoint_id = call.params["webhook_id"]
        await replays.endpoints.read(call, endpoint_id)
        where = [Condition("endpoint_id", "eq", endpoint_id)]
        return await call.asked.reply(replays.documents, rows.REPLAYS.name, where=where, render=rows.replay_attributes)

    async def read(call: Call) -> Reply:
        job = await replays.read(call, call.params["webhook_id"], call.params["replay_id"])
        return Reply.one(rows.replay_attributes(job), version=job.version)

    async def cancel(call: Call) -> Reply:
        job = await replays.cancel(call, call.params["webhook_id"], call.params["replay_id"])
        return Reply.one(rows.replay_attributes(job), version=job.version)

    async def explain(call: Call) -> Reply:
        event_id = call.read_query(WhichEvent).event_id
        return Reply.one(await explaining.explain(call, call.params["webhook_id"], event_id))

    jobs, model = f"{ONE}/replays", resources.Replay
    return [
        Route("POST", f"{ONE}/replay", start, "Deliver again what failed or is missing", "webhooks:write",
              bodies.StartReplay, model, status=202, permission="webhooks:write", errors=(StateConflict,)),
        Route("GET", jobs, index, "List replays", "webhooks:read", answer=model, listing=REPLAYS,
              permission="webhooks:read"),
        Route("GET", f"{jobs}/{{replay_id}}", read, "Get a replay and its progress", "webhooks:read", answer=model,
              single=REPLAYS, permission="webhooks:read"),
        Route("POST", f"{jobs}/{{replay_id}}/cancel", cancel, "Cancel a replay", "webhooks:write", answer=model,
              permission="webhooks:write", errors=(StateConflict,)),
        Route("GET", f"{ONE}/explain", explain, "Explain why an event was delivered or not", "webhooks:read",
              answer=resources.Explanation, query=WhichEvent, permission="webhooks:read"),
    ]  # fmt: skip
