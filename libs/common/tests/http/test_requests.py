from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs
from yarl import URL

from atrium_common.clock import SystemClock
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.metrics import HTTP_REQUESTS
from atrium_common.principal import Principal
from atrium_common.testing.http import OPERATOR, SERVICE, ServiceUnderTest

Write = Callable[..., Awaitable[list[str]]]
PATH = "/api/v1/notes"
READER = Principal(user_id="usr_1", key_id="key_1", workspace_id="wks_1", scopes=("webhooks:read",))


async def test_an_answer_carries_the_clients_own_request_id(api: ServiceUnderTest) -> None:
    answer = await api.request("GET", PATH, headers={"X-Request-ID": "my-id_1"})
    assert answer.headers["X-Request-ID"] == "my-id_1"
    failed = await api.request("GET", "/nowhere", headers={"X-Request-ID": "my-id_2"})
    assert failed.headers["X-Request-ID"] == failed.error["request_id"] == "my-id_2"


@pytest.mark.parametrize("unfit", ["a b", "a" * 129, "ü", "", "a;b"])
async def test_an_unfit_request_id_is_replaced(api: ServiceUnderTest, unfit: str) -> None:
    answer = await api.request("GET", PATH, headers={"X-Request-ID": unfit})
    assert re.fullmatch(r"req_[a-z0-9]{26}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nowhere", "/", "/%0A", "/a%2F%0D%0Ab", "/%00", "/%FF", "//x", "/api/v1/notes/", "/api/v1/notes/a/b"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_an_unknown_path_is_told_in_the_usual_shape(api: ServiceUnderTest, method: str, path: str) -> None:
    answer = await api.request(method, URL(f"{api.base}{path}?x=1", encoded=True))
    assert (answer.status, answer.error["code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert answer.error["requested_path"]
    assert answer.headers["Content-Type"] == "application/json"


async def test_an_unknown_method_is_told_with_the_known_ones(api: ServiceUnderTest) -> None:
    answer = await api.request("PUT", PATH)
    assert (answer.status, answer.error["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


async def test_head_answers_like_get_without_the_body(api: ServiceUnderTest, written: Write) -> None:
    (note_id,) = await written("a")
    got = await api.request("GET", f"{PATH}/{note_id}")
    head = await api.request("HEAD", f"{PATH}/{note_id}")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["ETag"] == got.headers["ETag"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*", "application/xml, text/*;q=0.5"])
async def test_a_client_that_bears_no_json_is_told_so(api: ServiceUnderTest, accept: str) -> None:
    answer = await api.request("GET", PATH, headers={"Accept": accept})
    assert (answer.status, answer.error["code"]) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/html, application/*;q=0.1", "Application/JSON;v=1"]
)
async def test_a_client_that_bears_json_gets_it(api: ServiceUnderTest, accept: str) -> None:
    assert (await api.request("GET", PATH, headers={"Accept": accept})).status == 200


async def test_nobody_is_served_without_a_principal(api: ServiceUnderTest) -> None:
    for method, path in (("GET", PATH), ("POST", f"{PATH}/batch"), ("GET", "/internal/openapi.json")):
        answer = await api.request(method, path, principal=None)
        assert (answer.status, answer.error["code"]) == (401, "UNAUTHENTICATED")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_principal_that_is_past_says_nothing_against_the_clients_key(api: ServiceUnderTest) -> None:
    """The gateway looked at the key a moment ago: when a clock has jumped, a good key is told to try again."""
    past = replace(OPERATOR, expires_at=api.clock.now().timestamp() - 60)
    answer = await api.request("POST", PATH, json={"title": "a"}, principal=past)
    assert (answer.status, answer.error["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert "Retry-After" in answer.headers
    assert not (await api.request("GET", PATH)).json["data"]


async def test_a_principal_that_is_altered_or_a_strangers_is_refused(api: ServiceUnderTest) -> None:
    token = api.token(OPERATOR)
    head, payload, signature = token.rsplit(".", 2)
    flipped = "A" if payload[5] != "A" else "B"
    for forged in (f"{head}.{payload[:5]}{flipped}{payload[6:]}.{signature}", token[:-4], "", "v1.x.y.z", "ü"):
        answer = await api.request("GET", PATH, principal=None, headers={"X-Principal": forged})
        assert answer.status == 401


async def test_a_missing_scope_is_told_with_those_that_are_there(api: ServiceUnderTest) -> None:
    answer = await api.request("POST", PATH, json={"title": "a"}, principal=READER)
    assert (answer.status, answer.error["code"]) == (403, "INSUFFICIENT_SCOPE")
    assert answer.error["required_scope"] == "webhooks:write"
    assert answer.error["provided_scopes"] == ["webhooks:read"]


async def test_the_role_must_allow_it_too(api: ServiceUnderTest) -> None:
    caller = replace(READER, scopes=("*",), permissions=("webhooks:read", "webhooks:write"), role="member")
    answer = await api.request("DELETE", f"{PATH}/x", principal=caller)
    assert (answer.status, answer.error["code"]) == (403, "INSUFFICIENT_PERMISSIONS")
    assert answer.error["required_permission"] == "webhooks:delete"
    allowed = replace(caller, permissions=("webhooks:*",))
    assert (await api.request("DELETE", f"{PATH}/x", principal=allowed)).status == 404


async def test_scopes_are_judged_before_the_body(api: ServiceUnderTest) -> None:
    assert (await api.request("POST", PATH, data=b"{", principal=READER)).status == 403


async def test_internal_routes_look_missing_to_clients_and_answer_services(api: ServiceUnderTest) -> None:
    answer = await api.request("POST", "/internal/notes/resolve")
    assert (answer.status, answer.error["code"]) == (404, "ENDPOINT_NOT_FOUND")
    assert (await api.request("POST", "/internal/notes/resolve", principal=SERVICE, json={"x": 1})).status == 409


async def test_a_service_is_no_client(api: ServiceUnderTest) -> None:
    greedy = replace(OPERATOR, kind="service", service="webhooks")
    for method, body in (("GET", None), ("POST", {"title": "a"})):
        answer = await api.request(method, PATH, json=body, principal=greedy)
        assert (answer.status, answer.error["code"]) == (401, "UNAUTHENTICATED")
    assert not (await api.request("GET", PATH)).json["data"]


async def test_a_test_key_reads_what_is_shared_and_writes_only_what_has_a_mode() -> None:
    async def done(_: Call) -> Reply:
        return Reply.empty()

    routes = [
        Route("POST", "/api/v1/webhooks", done, "x", "webhooks:write"),
        Route("POST", "/api/v1/usage", done, "x", "usage:write"),
        Route("POST", "/api/v1/check", done, "x", "entitlements:read"),
        Route("POST", "/api/v1/workspaces", done, "x", "workspaces:write"),
        Route("GET", "/api/v1/workspaces", done, "x", "workspaces:read"),
        Route("POST", "/api/v1/packages", done, "x", "admin:*"),
    ]
    test_key = replace(OPERATOR, livemode=False)
    async with ServiceUnderTest(routes) as api:
        statuses = [(await api.request(r.method, r.path, principal=test_key)).status for r in routes]
    assert statuses == [204, 204, 204, 403, 204, 403]


async def test_a_crash_tells_nothing_of_the_inside_and_is_logged() -> None:
    async def crash(_: Call) -> Reply:
        raise RuntimeError("the password is swordfish")

    async with ServiceUnderTest([Route("GET", "/api/v1/x", crash, "x")]) as api:
        with capture_logs() as logs:
            answer = await api.request("GET", "/api/v1/x")
    assert (answer.status, answer.error["code"]) == (500, "INTERNAL_ERROR")
    assert b"swordfish" not in answer.body
    assert answer.headers["X-Request-ID"] == answer.error["request_id"]
    assert [entry["event"] for entry in logs] == ["request failed", "request"]
    assert logs[0]["request_id"] == answer.error["request_id"]


async def test_a_request_is_given_up_at_the_deadline_that_the_gateway_set() -> None:
    cancelled = asyncio.Event()

    async def wait(call: Call) -> Reply:
        assert call.deadline < SystemClock().monotonic() + 1.0
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return Reply.empty()

    async with ServiceUnderTest([Route("GET", "/api/v1/x", wait, "x")]) as api:
        answer = await api.request("GET", "/api/v1/x", headers={"X-Deadline-Ms": "50"})
    assert (answer.status, answer.error["code"]) == (504, "GATEWAY_TIMEOUT")
    assert cancelled.is_set()


async def test_a_timeout_from_inside_is_no_deadline() -> None:
    async def impatient(_: Call) -> Reply:
        raise TimeoutError

    async with ServiceUnderTest([Route("GET", "/api/v1/x", impatient, "x")]) as api:
        assert (await api.request("GET", "/api/v1/x")).status == 500


async def test_a_handler_learns_the_command_the_trace_and_the_time(notes: Any) -> None:
    seen: list[Call] = []

    async def look(call: Call) -> Reply:
        seen.append(call)
        return Reply.empty()

    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    routes = [Route("POST", "/api/v1/x/{id}", look, "x")]
    async with ServiceUnderTest(routes, clock=notes.clock) as api:
        await api.request("POST", "/api/v1/x/a%2Fb", headers={"X-Command-ID": "cmd_1", "traceparent": trace})
        await api.request("POST", "/api/v1/x/c", headers={"traceparent": "00-xyz"})
    first, second = seen
    assert (first.params["id"], first.command_id, first.traceparent) == ("a/b", "cmd_1", trace)
    assert first.at == notes.clock.now()
    assert first.command.meta.actor == f"key/{OPERATOR.key_id}"
    assert first.command.meta.correlation_id == first.request_id
    assert second.traceparent == ""
    assert second.command_id.startswith("cmd_")


async def test_unknown_query_parameters_are_refused_on_every_public_route(
    api: ServiceUnderTest, written: Write
) -> None:
    (note_id,) = await written("a")
    for method, path in (("GET", f"{PATH}/{note_id}"), ("PATCH", f"{PATH}/{note_id}"), ("POST", PATH)):
        answer = await api.request(method, f"{path}?colour=red", json={} if method == "PATCH" else None)
        assert answer.status == 422, (method, answer.body)
        assert "Allowed:" in answer.error["details"]["colour"][0]
    answer = await api.request("GET", f"{PATH}/{note_id}?workspace_id=wks_1&namespace_id=ns_1")
    assert answer.status == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [("", "kind"), ("?kind=green", "kind"), ("?kind=plain&window=x", "window"), ("?kind=plain&window=0", "window"),
     ("?kind=plain&size=1", "size")],
)  # fmt: skip
async def test_further_parameters_are_validated_by_their_model(api: ServiceUnderTest, query: str, field: str) -> None:
    answer = await api.request("GET", f"{PATH}/count{query}")
    assert answer.status == 422
    assert set(answer.error["details"]) == {field}


async def test_further_parameters_are_read_as_what_they_are(api: ServiceUnderTest) -> None:
    answer = await api.request("GET", f"{PATH}/count?kind=plain&window=30&workspace_id=wks_1")
    assert answer.json == {"kind": "plain", "window": 30}


async def test_a_deprecated_route_says_so_until_when_and_what_follows(api: ServiceUnderTest, written: Write) -> None:
    (note_id,) = await written("a")
    answer = await api.request("GET", f"/api/v1/old-notes/{note_id}")
    assert answer.headers["Deprecation"] == "@1767225600"
    assert answer.headers["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    assert answer.headers["Link"] == '</api/v1/notes>; rel="successor-version"'


async def test_requests_are_counted_by_template_never_by_id(api: ServiceUnderTest) -> None:
    counted = HTTP_REQUESTS.of("test", "GET", f"{PATH}/{{note_id}}", 404)
    before = counted.count
    for number in range(3):
        await api.request("GET", f"{PATH}/note_{number}")
    assert counted.count == before + 3


async def test_one_in_so_many_good_requests_is_logged_and_carries_no_secret(api: ServiceUnderTest) -> None:
    with capture_logs() as logs:
        for _ in range(100):
            await api.request("GET", f"{PATH}?search=sk_live_secret")
    assert len(logs) == 1
    assert logs[0]["route"] == PATH
    assert "sk_live_secret" not in str(logs)
