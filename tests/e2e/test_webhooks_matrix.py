"""Every route of webhooks against every kind of caller: keys without the scope, roles, strangers, the other mode."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from atrium_gateway.route_table import TABLE, Entry
from tests.e2e.suite import Answer, Platform, Receiver, Tenant

ROUTES = [entry for entry in TABLE if entry.upstream == "webhooks"]
NAMES = [f"{entry.method} {entry.template.removeprefix('/api/v1/')}" for entry in ROUTES]
OF_ONE_ENDPOINT = [entry for entry in ROUTES if "{webhook_id}" in entry.template]
MISSING = {"webhook_id": "wh_missing", "delivery_id": "del_missing", "replay_id": "rpl_missing",
           "event_id": "evt_missing", "event_type": "no.such"}  # fmt: skip


def path_of(entry: Entry, **ids: str) -> str:
    path = entry.template.removeprefix("/api/v1/").format(**{**MISSING, **ids})
    return f"{path}?event_id=evt_missing" if path.endswith("/explain") else path


def body_of(entry: Entry) -> Any:
    """A body that the route takes."""
    if entry.method in {"GET", "DELETE"}:
        return None
    last = entry.template.rpartition("/")[2]
    return {
        "webhooks": {"url": "https://your-app.com/webhooks", "events": ["*"]},
        "batch": {"operations": [{"action": "delete", "id": "wh_missing"}]},
        "events": {"type": "order.paid", "data": {}},
        "replay": {"since": "2020-01-01T00:00:00Z"},
        "rotate-secret": {},
    }.get(last, {} if entry.method == "PATCH" else None)


async def key(platform: Platform, tenant: Tenant, **wanted: Any) -> str:
    made = await platform.created("api-keys", {"name": "k", "scopes": ["*"], **wanted}, key=tenant.key)
    return str(made["key"])


def refusal(answer: Answer, endpoint_id: str) -> str:
    """A refusal without what differs from request to request."""
    error = {name: value for name, value in answer.body["error"].items() if name != "request_id"}
    return json.dumps([answer.status, error]).replace(endpoint_id, "ID")


async def test_no_route_answers_without_a_key(platform: Platform) -> None:
    for entry in ROUTES:
        answer = await platform.call(entry.method, path_of(entry), body_of(entry), key="")
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), entry


async def test_each_route_needs_its_scope_and_no_other(platform: Platform) -> None:
    tenant = await platform.tenant()
    scopes = [f"{resource}:{action}" for resource in ("webhooks", "events") for action in ("read", "write", "delete")]
    alone = {scope: await key(platform, tenant, scopes=[scope]) for scope in scopes}
    others = {scope: [each for each in [*scopes, "usage:*"] if each != scope] for scope in scopes}
    without = {scope: await key(platform, tenant, scopes=others[scope]) for scope in scopes}
    for entry in ROUTES:
        if not entry.scope:  # a batch: each operation needs its own
            for keys, status in ((alone, 404), (without, 403)):
                answer = await platform.call("POST", path_of(entry), body_of(entry), key=keys["webhooks:delete"])
                assert (answer.status, answer.data[0]["status"]) == (200, status)
            continue
        answer = await platform.call(entry.method, path_of(entry), body_of(entry), key=alone[entry.scope])
        assert answer.status not in {401, 403}, (entry, answer)
        refused = await platform.call(entry.method, path_of(entry), body_of(entry), key=without[entry.scope])
        assert (refused.status, refused.code) == (403, "INSUFFICIENT_SCOPE"), entry
        assert refused.body["error"]["required_scope"] == entry.scope
        assert refused.body["error"]["provided_scopes"] == others[entry.scope]


@pytest.mark.parametrize("role", ["admin", "member"])
async def test_members_write_webhooks_and_only_read_events(platform: Platform, role: str) -> None:
    tenant = await platform.tenant()
    body = {"name": "Colleague", "email": f"{os.urandom(5).hex()}@example.com", "role": role}
    user = await platform.created("users", body, key=tenant.key)
    holder = await key(platform, tenant, user_id=user["id"])
    for entry in ROUTES:
        answer = await platform.call(entry.method, path_of(entry), body_of(entry), key=holder)
        if role == "member" and entry.scope in {"events:write", "events:delete"}:
            assert (answer.status, answer.code) == (403, "INSUFFICIENT_PERMISSIONS"), entry
            assert answer.body["error"]["required_permission"] == entry.scope
        else:
            assert answer.status not in {401, 403}, (entry, answer)


async def test_what_is_anothers_or_of_the_other_mode_answers_like_what_never_was(platform: Platform) -> None:
    mine, theirs = await platform.tenant(), await platform.tenant()
    async with Receiver() as receiver:
        webhook = await platform.created("webhooks", {"url": receiver.url, "events": ["order.*"]}, key=mine.key)
        event = await platform.created("events", {"type": "order.paid", "data": {}}, key=mine.key)
        await receiver.until("order.paid")
        (delivery,) = (await platform.call("GET", f"webhooks/{webhook['id']}/deliveries", key=mine.key)).data
        job = await platform.call("POST", f"webhooks/{webhook['id']}/replay", {"since": "2020-01-01T00:00:00Z"},
                                  key=mine.key)  # fmt: skip
        ids = {"webhook_id": webhook["id"], "delivery_id": delivery["id"], "replay_id": job.data["id"]}
        own_webhook = await platform.created("webhooks", {"url": receiver.url, "events": ["none.such"]}, key=theirs.key)
        for stranger in (theirs.key, await key(platform, mine, environment="test")):
            for entry in OF_ONE_ENDPOINT:
                foreign = await platform.call(entry.method, path_of(entry, **ids), body_of(entry), key=stranger)
                missing = path_of(entry, **{**ids, "webhook_id": "wh_missing"})
                unknown = await platform.call(entry.method, missing, body_of(entry), key=stranger)
                assert (foreign.status, foreign.code) == (404, "RESOURCE_NOT_FOUND"), entry
                assert refusal(foreign, webhook["id"]) == refusal(unknown, "wh_missing"), entry
            for path in (f"events/{event['id']}", f"webhooks/{own_webhook['id']}/explain?event_id={event['id']}"):
                assert (await platform.call("GET", path, key=stranger)).status == 404
            for path in ("webhooks", "events"):
                listed = await platform.call("GET", path, key=stranger)
                assert not {webhook["id"], event["id"]} & {each["id"] for each in listed.data}
        # What belongs to the endpoint next door of the same workspace is not its own either.
        neighbour = await platform.created("webhooks", {"url": receiver.url, "events": ["none.such"]}, key=mine.key)
        for entry in _below_an_endpoint():
            path = path_of(entry, **{**ids, "webhook_id": neighbour["id"]})
            answer = await platform.call(entry.method, path, body_of(entry), key=mine.key)
            assert answer.status == 404, entry
        still = await platform.call("GET", f"webhooks/{webhook['id']}", key=mine.key)
        assert (still.status, still.headers["ETag"].split("-")[0]) == (200, '"1')


def _below_an_endpoint() -> Iterator[Entry]:
    return (entry for entry in OF_ONE_ENDPOINT if "{delivery_id}" in entry.template or "{replay_id}" in entry.template)
