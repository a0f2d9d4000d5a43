"""The routes of event types: the platform's catalogue, and what workspaces describe of their own."""

from __future__ import annotations

from atrium_common.errors import Duplicate
from atrium_common.http.listing import WORDS, Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_webhooks import resources
from atrium_webhooks.application.event_types import EventTypes
from atrium_webhooks.application.own_types import OwnTypes, shown
from atrium_webhooks.http import bodies

PATH = f"{BASE}/event-types"
ONE = f"{PATH}/{{event_type}}"
EVENT_TYPES = Listing(fields=("type", "description", "schema"), sortable=("type",), times=False, searchable=True)
_OPT_IN = "Without one, events of a type of your own are taken whatever their data."


def event_type_routes(types: EventTypes, own_types: OwnTypes) -> list[Route]:
    """Reading all types; writing the workspace's own."""

    async def index(call: Call) -> Reply:
        return await call.asked.reply_from([*await types.all(), *await own_types.all(call)], key="type")

    async def read(call: Call) -> Reply:
        name = call.params["event_type"]
        found = next((each for each in await types.all() if each["type"] == name), None)
        if found is not None:
            # The platform's own never change but with it: their ETag is their hash.
            return Reply.one({name: value for name, value in found.items() if name != WORDS}, version=1)
        loaded = await own_types.read(call, name)
        return Reply.one(shown(loaded), version=loaded.version)

    async def create(call: Call) -> Reply:
        body = call.read(bodies.CreateEventType)
        made = await own_types.create(call, body.type, description=body.description, data_schema=body.data_schema)
        location = f"{call.public_base}{PATH}/{body.type}"
        return Reply.created(shown(made), location=location, version=made.version)

    async def update(call: Call) -> Reply:
        changes = call.read(bodies.UpdateEventType).changes()
        changed = await own_types.update(call, call.params["event_type"], changes)
        return Reply.one(shown(changed), version=changed.version)

    async def delete(call: Call) -> Reply:
        await own_types.delete(call, call.params["event_type"])
        return Reply.empty()

    model = resources.EventType
    return [
        Route("GET", PATH, index, "List the types of events, the platform's and your own", "events:read",
              answer=model, listing=EVENT_TYPES),
        Route("POST", PATH, create, "Describe a type of your own events, and what its data must fit", "events:write",
              bodies.CreateEventType, model, status=201, permission="events:write", description=_OPT_IN,
              errors=(Duplicate,)),
        Route("GET", ONE, read, "Get a type of events", "events:read", answer=model),
        Route("PATCH", ONE, update, "Change a type of your own", "events:write", bodies.UpdateEventType, model,
              permission="events:write"),
        Route("DELETE", ONE, delete, "Take events of a type whatever their data again", "events:delete", status=204,
              permission="events:delete"),
    ]  # fmt: skip
