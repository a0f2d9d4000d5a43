"""JSON at its edges, in every place that takes any: kept as it was, or refused with a word, on every store."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from tests.e2e.suite import Platform

ODD: dict[str, Any] = {
    "a key with a NUL": {"a\0b": 1},
    "a key like an operator": {"$set": {"$inc": 1}},
    "a key with dots": {"a.b.c": {"d.e": 1}},
    "an empty key": {"": {"": ""}},
    "a text with a NUL": {"a": "x\0y"},
    "a key like the store's own": {"_id": 1, "_v": 2, "_key": 3, "_version": 4, "__proto__": {}},
    "the largest integer of 64 bits": {"n": 2**63 - 1},
    "more than a signed integer holds": {"n": 2**63},
    "the most that an unsigned one holds": {"n": 2**64 - 1},
    "more than 64 bits hold": {"n": 123456789012345678901234567890},
    "the smallest integer": {"n": -(2**63)},
    "a float at the edge": {"n": 1.7976931348623157e308},
    "text of every plane": {"\U0001f600": "\U0010ffff\u202e\ufeff"},
    "deep": {"a": {"b": [[[[{"c": [[{"d": [[[1]]]}]]}]]]]}},
}
CURSORS: list[Any] = [
    ["-created_at", [5, "k"]], ["-created_at", [None, None]], ["-created_at", [True, "k"]],
    ["-created_at", ["2024", "k\0"]], ["-created_at", [2**64 - 1, "k"]], ["-created_at", {"0": 1, "1": 2}],
    {"-created_at": 1, "ab": 2}, 5, "x", ["-created_at", ["2024-01-01T00:00:00.000Z", ""]],
]  # fmt: skip


def _is_plain(status: int) -> bool:
    """An answer of ours that blames nobody but the request, if anybody."""
    return status < 300 or status in {400, 404, 409, 422}


@pytest.mark.parametrize("name", ODD)
async def test_odd_json_is_kept_as_it_was_or_refused(platform: Platform, name: str) -> None:
    tenant, odd = await platform.tenant(), ODD[name]
    workspace = tenant.workspace["id"]

    async def asked(method: str, path: str, body: object) -> Any:
        answer = await platform.call(method, path, body, key=tenant.key)
        assert _is_plain(answer.status), (method, path, answer)
        return answer

    changed = await asked("PATCH", f"workspaces/{workspace}", {"settings": odd})
    if changed.status == 200:
        shown = await asked("GET", f"workspaces/{workspace}", None)
        assert {key: shown.data["settings"].get(key) for key in odd} == odd
    made = await asked("POST", "namespaces", {"name": "odd", "settings": odd})
    if made.status == 201:
        assert (await asked("GET", f"namespaces/{made.data['id']}", None)).data["settings"] == odd
    sent = await asked("POST", "events", {"type": "odd.happened", "data": odd})
    if sent.status == 201:
        assert (await asked("GET", f"events/{sent.data['id']}", None)).data["data"] == odd
    filters = {f"data.{key}": value for key, value in odd.items()}
    hook = {"url": "http://127.0.0.1:9/x", "events": ["odd.happened"], "filters": filters, "is_active": False}
    await asked("POST", "webhooks", hook)
    await asked("POST", "webhooks", hook | {"filters": {"$or": [odd]}})
    await asked("POST", "entitlements/usage", {"feature": "api_calls", "quantity": 1, "metadata": odd})
    await asked("POST", "workspaces/batch", {"operations": [{"action": "update", "id": workspace, "data": odd}]})


@pytest.mark.parametrize("depth", [60, 70, 300, 1000, 1024, 5000])
async def test_a_deep_body_is_kept_or_refused(platform: Platform, depth: int) -> None:
    tenant = await platform.tenant()
    inner = b'{"a":' * depth + b"1" + b"}" * depth
    for path, body in (
        (f"workspaces/{tenant.workspace['id']}", b'{"settings":%b}' % inner),
        ("events", b'{"type":"odd.happened","data":%b}' % inner),
        ("namespaces/batch", b'{"operations":[{"action":"create","data":{"name":"x","settings":%b}}]}' % inner),
    ):
        method = "PATCH" if path.startswith("workspaces") else "POST"
        answer = await platform.raw(method, path, body, key=tenant.key)
        assert _is_plain(answer.status), (path, answer)


@pytest.mark.parametrize("cursor", CURSORS, ids=str)
async def test_a_made_up_cursor_is_taken_or_refused(platform: Platform, cursor: Any) -> None:
    text = base64.urlsafe_b64encode(orjson.dumps(cursor)).decode().rstrip("=")
    for path in ("workspaces", "api-keys", "webhooks", "packages", "entitlements/log", "events"):
        answer = await platform.call("GET", f"{path}?cursor={text}")
        assert answer.status in {200, 422}, (path, answer)
