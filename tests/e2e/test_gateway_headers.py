"""What every answer of the gateway carries, and what it makes of what clients send."""

from __future__ import annotations

import base64

import pytest

from tests.e2e.suite import Platform

LIMITS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy")


@pytest.fixture
async def tenant_key(platform: Platform) -> str:
    return (await platform.tenant()).key


async def test_every_answer_of_a_recognised_key_says_where_it_stands(platform: Platform, tenant_key: str) -> None:
    for method, path, status in [
        ("GET", "namespaces", 200),
        ("GET", "namespaces/ns_none", 404),
        ("POST", "namespaces", 422),
        ("POST", "workspaces/wks_x/suspend", 403),
        ("GET", "namespaces?workspace_id=wks_unknown", 403),
        ("GET", "nothing", 404),
        ("GET", "/api/v9/workspaces", 404),
        ("PUT", "namespaces", 405),
    ]:
        answer = await platform.call(method, path, {} if method == "POST" else None, key=tenant_key)
        assert answer.status == status, path
        assert all(name in answer.headers for name in LIMITS), (path, answer.headers)
        assert answer.headers["X-Request-ID"].startswith("req_")


async def test_a_recognised_key_is_told_its_limits_also_where_the_requests_head_is_refused(
    platform: Platform, tenant_key: str
) -> None:
    for method, path, headers, status in [
        ("POST", "namespaces", {"Idempotency-Key": "a b"}, 400),
        ("PATCH", "namespaces/ns_none", {"If-Match": "3"}, 400),
        ("POST", "namespaces", {"Content-Encoding": "gzip"}, 415),
        ("GET", "namespaces", {"X-Workspace-ID": "not an id"}, 400),
        ("GET", "namespaces?workspace_id=wks_a", {"X-Workspace-ID": "wks_b"}, 422),
        ("GET", "nothing?workspace_id=wks_a", {"X-Workspace-ID": "wks_b"}, 404),
    ]:
        answer = await platform.call(method, path, key=tenant_key, headers=headers)
        assert answer.status == status, path
        assert all(name in answer.headers for name in LIMITS), (path, headers, answer.headers)


async def test_a_strangers_answer_has_a_request_id_and_no_limits(platform: Platform) -> None:
    for path, status in [("workspaces", 401), ("nothing", 404)]:
        answer = await platform.call("GET", path, key="")
        assert answer.status == status
        assert answer.headers["X-Request-ID"].startswith("req_")
        assert "X-RateLimit-Limit" not in answer.headers
    assert (await platform.call("GET", "workspaces", key="")).headers["WWW-Authenticate"].startswith("Bearer")


async def test_no_answer_is_sniffed_at_or_kept_by_others(platform: Platform, tenant_key: str) -> None:
    for method, path, key in (
        ("GET", "user", tenant_key),
        ("GET", "nothing", ""),
        ("GET", "user", ""),
        ("POST", "namespaces", tenant_key),
        ("GET", "/api/docs/nothing", ""),
    ):
        answer = await platform.call(method, path, {} if method == "POST" else None, key=key)
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Cache-Control"] == "private, no-cache", path
        assert "Server" not in answer.headers
        # Only where the gateway itself speaks TLS; else it is for whoever does.
        assert "Strict-Transport-Security" not in answer.headers


async def test_an_unfit_request_id_is_replaced_and_a_fit_one_kept(platform: Platform, tenant_key: str) -> None:
    for given, kept in [("mine-1_A", True), ("x" * 128, True), ("x" * 129, False), ("a b", False), ("", False)]:
        answer = await platform.call("GET", "user", key=tenant_key, headers={"X-Request-ID": given})
        assert (answer.headers["X-Request-ID"] == given) is kept, given


async def test_errors_say_whether_the_gateway_or_a_service_made_them(platform: Platform, tenant_key: str) -> None:
    assert (await platform.call("GET", "nothing", key="")).headers["X-Error-Source"] == "gateway"
    missing = await platform.call("GET", "namespaces/ns_none", key=tenant_key)
    assert missing.headers["X-Error-Source"] == "service"
    assert "X-Error-Source" not in (await platform.call("GET", "user", key=tenant_key)).headers


async def test_a_key_may_come_by_http_basic(platform: Platform, tenant_key: str) -> None:
    for text, status in [(f"{tenant_key}:", 200), (tenant_key, 200), ("nobody:x", 401)]:
        given = base64.b64encode(text.encode()).decode()
        answer = await platform.call("GET", "user", key="", headers={"Authorization": f"Basic {given}"})
        assert answer.status == status, text
    broken = await platform.call("GET", "user", key="", headers={"Authorization": "Basic ###"})
    assert (broken.status, broken.code) == (400, "INVALID_HEADER")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {"Idempotency-Key": "x" * 256}),
        ("POST", {"Idempotency-Key": "a b"}),
        ("PATCH", {"If-Match": "no quotes"}),
        ("GET", {"X-Workspace-ID": "not an id"}),
        ("GET", {"X-Namespace-ID": "<script>"}),
        ("GET", {"Host": "a b"}),
    ],
)
async def test_malformed_headers_are_refused_as_such(
    platform: Platform, tenant_key: str, method: str, headers: dict[str, str]
) -> None:
    path = "namespaces/ns_1" if method == "PATCH" else "namespaces"
    answer = await platform.call(
        method, path, {"name": "n"} if method != "GET" else None, key=tenant_key, headers=headers
    )
    assert (answer.status, answer.code) == (400, "INVALID_HEADER")


async def test_header_and_query_that_name_different_contexts_are_refused(platform: Platform, tenant_key: str) -> None:
    answer = await platform.call("GET", "user?workspace_id=wks_a", key=tenant_key, headers={"X-Workspace-ID": "wks_b"})
    assert (answer.status, answer.code) == (422, "VALIDATION_ERROR")
    assert "workspace_id" in answer.body["error"]["details"]


async def test_head_is_get_without_a_body(platform: Platform, tenant_key: str) -> None:
    head, get = [await platform.call(method, "namespaces", key=tenant_key) for method in ("HEAD", "GET")]
    assert (head.status, head.body) == (200, None)
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


async def test_options_says_what_a_path_has_and_another_method_is_refused_with_allow(platform: Platform) -> None:
    options = await platform.call("OPTIONS", "namespaces", key="")
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert "Access-Control-Allow-Origin" not in options.headers
    refused = await platform.call("PUT", "namespaces")
    assert (refused.status, refused.code) == (405, "METHOD_NOT_ALLOWED")
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


async def test_an_unknown_version_is_refused_with_the_supported_ones_named(platform: Platform) -> None:
    answer = await platform.call("GET", "/api/v2/workspaces")
    assert (answer.status, answer.code) == (404, "ENDPOINT_NOT_FOUND")
    assert answer.body["error"]["supported_versions"] == ["v1"]
    assert "v1" in answer.body["error"]["message"]


async def test_no_internal_header_passes_in_or_out(platform: Platform, tenant_key: str) -> None:
    forged = {"X-Principal": "v1.x.y.z", "X-Command-ID": "cmd_1", "X-Deadline-Ms": "1", "X-Public-Base": "http://evil"}
    answer = await platform.call("GET", "namespaces", key=tenant_key, headers=forged)
    assert answer.status == 200
    assert not {"X-Principal", "X-Command-Id", "X-Public-Base", "X-Deadline-Ms"} & {
        name.title() for name in answer.headers
    }
    assert answer.body["links"]["first"].startswith(platform.base)
    made = [
        await platform.created("namespaces", {"name": f"N{n}"}, key=tenant_key, headers={"X-Command-ID": "cmd_same"})
        for n in range(2)
    ]
    assert made[0]["id"] != made[1]["id"]


async def test_compressed_bodies_are_not_taken(platform: Platform, tenant_key: str) -> None:
    answer = await platform.call(
        "POST", "namespaces", {"name": "n"}, key=tenant_key, headers={"Content-Encoding": "gzip"}
    )
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_namespace_in_a_path_can_not_climb_out_of_it(platform: Platform, tenant_key: str) -> None:
    assert platform._session is not None
    for path in ("/api/v1/namespaces/..", "/api/v1/namespaces/%2e%2e", "/api/v1/x/../workspaces"):
        raw = await _raw(platform, f"GET {path} HTTP/1.1", tenant_key)
        assert raw.startswith(b"HTTP/1.1 404 "), path


async def test_a_method_that_nobody_knows_is_refused_with_the_possible_ones(platform: Platform) -> None:
    raw = await _raw(platform, "FROB /api/v1/namespaces HTTP/1.1", platform.key)
    assert raw.startswith(b"HTTP/1.1 405 ")
    assert b"Allow: GET, HEAD, OPTIONS, POST" in raw
    raw = await _raw(platform, "FROB /api/v1/nothing HTTP/1.1", platform.key)
    assert raw.startswith(b"HTTP/1.1 404 ")


async def _raw(platform: Platform, line: str, key: str) -> bytes:
    import asyncio

    reader, writer = await asyncio.open_connection("127.0.0.1", platform.port)
    writer.write(f"{line}\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    raw = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return raw
