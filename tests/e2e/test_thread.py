"""The thin thread through all four services, on both stacks. Each test tells a story."""

import asyncio
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from tests.e2e.suite import Platform, Receiver, Suite, command

pytestmark = pytest.mark.timeout(150)


async def test_the_reference_examples_of_the_thread_work_as_written(suite: Suite) -> None:
    soon = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = await suite.call("POST", "workspaces", {"name": "New Workspace", "slug": "new-workspace", "tier": "pro"})
    assert made.status == 201
    workspace = made.data["id"]
    assert made.headers["Location"].endswith(f"/api/v1/workspaces/{workspace}")
    assert made.headers["ETag"].startswith('"1-')
    again = await suite.call("POST", "workspaces", {"name": "New Workspace", "slug": "new-workspace", "tier": "pro"})
    assert (again.status, again.code) == (409, "DUPLICATE_RESOURCE")
    assert again.body["error"]["conflicting_field"] == "slug"

    changed = await suite.call(
        "PATCH", f"workspaces/{workspace}", {"name": "Updated Name", "settings": {"timezone": "Europe/London"}}
    )
    assert (changed.status, changed.data["settings"]) == (200, {"timezone": "Europe/London"})
    listed = await suite.call("GET", "workspaces?sort=-created_at,name&fields=id,name&per_page=1")
    assert listed.data == [{"id": workspace, "name": "Updated Name"}]
    total = listed.body["meta"]["total"]
    assert total >= 2
    assert listed.body["links"]["next"].startswith(f"{suite.base}/api/v1/workspaces?")
    following = await suite.call("GET", listed.body["links"]["next"])
    assert following.body["meta"]["total"] == total
    assert following.data[0]["id"] != workspace

    context = {"X-Workspace-ID": workspace}
    wanted = {"name": "New API Key", "scopes": ["read:all"], "rate_limit_tier": "pro", "expires_at": soon}
    key = await suite.created("api-keys", wanted, headers=context)
    assert key["key"].startswith("sk_live_")
    assert key["scopes"] == ["read:all"]
    shown = await suite.call("GET", f"api-keys/{key['id']}", headers=context)
    assert "key" not in shown.data
    reading = await suite.call("GET", "user", key=key["key"])
    assert reading.data["email"] == "operator@localhost"
    refused = await suite.call("POST", "namespaces", {"name": "No"}, key=key["key"])
    assert (refused.status, refused.code) == (403, "INSUFFICIENT_SCOPE")
    assert refused.body["error"]["required_scope"] == "namespaces:write"
    assert (await suite.call("DELETE", f"api-keys/{key['id']}", headers=context)).status == 204
    async with asyncio.timeout(5):
        while (await suite.call("GET", "user", key=key["key"])).status != 401:
            await asyncio.sleep(0.02)

    namespace = await suite.created("namespaces", {"name": "Client: Acme Corp"}, headers=context)
    body = {"namespace_id": namespace["id"], "package": "starter"}
    assert (await suite.call("POST", "entitlements", body, headers=context)).status == 201
    check = {"feature": "storage", "quantity": 1073741824}
    asked = await suite.call("POST", f"namespaces/{namespace['id']}/entitlements/check", check, headers=context)
    assert asked.body["allowed"] is True
    used = {"feature": "storage", "quantity": 5 * 1024**3 - 536870912, "enforce": True}
    recorded = await suite.call(
        "POST", "entitlements/usage", used, headers={**context, "X-Namespace-ID": namespace["id"]}
    )
    assert recorded.body["recorded"] is True
    denied = await suite.call("POST", f"namespaces/{namespace['id']}/entitlements/check", check, headers=context)
    assert denied.body == {
        "allowed": False,
        "reason": "LIMIT_EXCEEDED",
        "message": "Storage limit exceeded. Used: 4.50 GB, Available: 0.50 GB, Requested: 1.00 GB",
        "current_usage": 4831838208,
        "limit": 5368709120,
        "available": 536870912,
    }
    assert (await suite.call("DELETE", f"workspaces/{workspace}")).status == 204
    assert (await suite.call("GET", f"workspaces/{workspace}")).status == 404


async def test_errors_have_one_shape_and_say_what_to_do(platform: Platform) -> None:
    for method, path, key, status, code in [
        ("GET", "workspaces", "", 401, "UNAUTHENTICATED"),
        ("GET", "workspaces", "sk_live_" + "a" * 32, 401, "INVALID_API_KEY"),
        ("GET", "nothing", None, 404, "ENDPOINT_NOT_FOUND"),
        ("GET", "/api/v9/workspaces", None, 404, "ENDPOINT_NOT_FOUND"),
        ("PUT", "workspaces", None, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "workspaces/wks_none", None, 404, "RESOURCE_NOT_FOUND"),
        ("GET", "workspaces?page=0", None, 422, "VALIDATION_ERROR"),
        ("GET", "workspaces?colour=red", None, 422, "VALIDATION_ERROR"),
        ("POST", "workspaces", None, 400, "INVALID_JSON"),
    ]:
        answer = await platform.call(method, path, key=key, headers={"X-Request-ID": "mine-1"})
        assert (answer.status, answer.code) == (status, code), path
        assert answer.body["error"]["request_id"] == answer.headers["X-Request-ID"] == "mine-1"
    large = [
        ("GET", None, {f"X-Header-{n}": "x" for n in range(101)}, 431, "HEADERS_TOO_LARGE"),
        (
            "GET",
            None,
            {"X-A": "x" * 4000, "X-B": "x" * 7000, "X-C": "x" * 7000},
            431,
            "HEADERS_TOO_LARGE",
        ),
        ("POST", {"name": "x" * (1024 * 1024)}, {}, 413, "PAYLOAD_TOO_LARGE"),
    ]
    for method, body, headers, status, code in large:
        answer = await platform.call(method, "workspaces", body, headers=headers)
        assert (answer.status, answer.code) == (status, code)
    reader, writer = await asyncio.open_connection("127.0.0.1", platform.port)
    writer.write(b"this is no HTTP\r\n\r\n")
    raw = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert raw.split()[1] == b"400"
    assert json.loads(raw.partition(b"\r\n\r\n")[2])["error"]["code"] == "INVALID_HEADER"
    unknown = await platform.call("GET", "workspaces", headers={"X-Workspace-ID": "wks_unknown"})
    assert (unknown.status, unknown.code) == (403, "WORKSPACE_ACCESS_DENIED")


async def test_a_signed_webhook_arrives_and_published_libraries_verify_it(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver(answers=[500]) as receiver:
        webhook = await platform.created("webhooks", {"url": receiver.url, "events": ["namespace.*"]}, key=tenant.key)
        namespace = await platform.created("namespaces", {"name": "Watched"}, key=tenant.key)
        async with asyncio.timeout(30):
            while len(receiver.got) < 2:
                await asyncio.sleep(0.02)
        assert [headers["X-Webhook-Attempt"] for headers, _ in receiver.got] == ["1", "2"]
        (first, body), (second, again) = receiver.got
        assert body == again
        assert first["webhook-id"] == second["webhook-id"]
        for headers, raw in receiver.got:
            Webhook(webhook["secret"]).verify(raw.decode(), dict(headers))
            SvixWebhook(webhook["secret"]).verify(raw, {name.lower(): value for name, value in headers.items()})
            expected = "sha256=" + hmac.new(webhook["secret"].encode(), raw, hashlib.sha256).hexdigest()
            assert headers["X-Webhook-Signature"] == expected
        payload = json.loads(body)
        assert payload["type"] == "namespace.created"
        assert payload["workspace_id"] == tenant.workspace["id"]
        assert payload["data"]["object"]["id"] == namespace["id"]
        async with asyncio.timeout(10):
            while (listed := await platform.call("GET", f"webhooks/{webhook['id']}/deliveries", key=tenant.key)).data[
                0
            ]["status"] != "success":
                await asyncio.sleep(0.05)
        assert listed.data[0]["attempts"] == 2
        one = await platform.call("GET", f"webhooks/{webhook['id']}/deliveries/{listed.data[0]['id']}", key=tenant.key)
        assert [attempt["status_code"] for attempt in one.data["history"]] == [500, 204]
        tested = await platform.call("POST", f"webhooks/{webhook['id']}/test", key=tenant.key)
        assert (tested.body["success"], tested.body["status_code"]) == (True, 204)


async def test_no_tenant_sees_or_hears_of_another(platform: Platform) -> None:
    mine, theirs = await platform.tenant(), await platform.tenant()
    async with Receiver() as receiver:
        webhook = await platform.created("webhooks", {"url": receiver.url, "events": ["*"]}, key=mine.key)
        other = await platform.created("namespaces", {"name": "Theirs"}, key=theirs.key)
        await platform.created("namespaces", {"name": "Mine"}, key=mine.key)
        await receiver.until("namespace.created")
        bodies = [json.loads(body) for _, body in receiver.got]
        assert {body["workspace_id"] for body in bodies} == {mine.workspace["id"]}
        assert (await platform.call("GET", f"webhooks/{webhook['id']}", key=theirs.key)).status == 404
        assert (await platform.call("GET", f"namespaces/{other['id']}", key=mine.key)).status == 404
        names = [namespace["name"] for namespace in (await platform.call("GET", "namespaces", key=mine.key)).data]
        assert names == ["Mine"]


async def test_concurrent_enforced_usage_never_passes_the_limit(platform: Platform) -> None:
    tenant = await platform.tenant()
    body = {"feature": "seats", "quantity": 1, "enforce": True}
    answers = await asyncio.gather(
        *(platform.call("POST", "entitlements/usage", body, key=tenant.key) for _ in range(40))
    )
    assert {answer.status for answer in answers} == {200}
    assert sum(answer.body["recorded"] for answer in answers) == 20
    summary = await platform.call("GET", "entitlements/summary", key=tenant.key)
    assert summary.data["entitlements"]["seats"]["used"] == 20


async def test_a_retried_write_with_its_idempotency_key_has_one_effect(platform: Platform) -> None:
    tenant = await platform.tenant()
    headers = {"Idempotency-Key": "550e8400-e29b-41d4-a716-446655440000"}
    answers = await asyncio.gather(
        *(platform.call("POST", "namespaces", {"name": "Once"}, key=tenant.key, headers=headers) for _ in range(10))
    )
    assert {answer.status for answer in answers} <= {201, 409}
    retried = await platform.created("namespaces", {"name": "Once"}, key=tenant.key, headers=headers)
    assert {answer.data["id"] for answer in answers if answer.status == 201} == {retried["id"]}
    headers = {"Idempotency-Key": "650e8400-e29b-41d4-a716-446655440000"}
    key_body = {"name": "k", "scopes": ["*:read"]}
    keys = [await platform.created("api-keys", key_body, key=tenant.key, headers=headers) for _ in range(2)]
    assert keys[0]["key"] == keys[1]["key"]


async def test_killing_any_service_loses_nothing_acknowledged_and_the_suite_heals_itself(suite: Suite) -> None:
    tenant = await suite.tenant()
    acknowledged: set[str] = set()
    ending = asyncio.Event()

    async def write(worker: int) -> None:
        number = 0
        while not ending.is_set():
            number += 1
            headers = {"Idempotency-Key": f"{worker}-{number}"}
            while True:
                try:
                    body = {"name": f"N {worker} {number}"}
                    answer = await suite.call("POST", "namespaces", body, key=tenant.key, headers=headers)
                except (OSError, aiohttp.ClientError):
                    await asyncio.sleep(0.1)
                    continue
                if answer.status == 201:
                    acknowledged.add(answer.data["id"])
                    break
                assert answer.status in {502, 503, 504}, answer
                await asyncio.sleep(0.1)

    async with Receiver() as receiver:
        await suite.created("webhooks", {"url": receiver.url, "events": ["namespace.created"]}, key=tenant.key)
        writers = [asyncio.create_task(write(worker)) for worker in range(3)]
        for name in ("tenancy", "webhooks", "gateway", "entitlements", "tenancy", "webhooks"):
            await asyncio.sleep(0.7)
            await suite.replaced(name)
        async with asyncio.timeout(60):
            while len(acknowledged) <= 10:
                await asyncio.sleep(0.05)
        ending.set()
        await asyncio.gather(*writers)
        stored: set[str] = set()
        url: str | None = f"{suite.base}/api/v1/namespaces?per_page=100"
        while url:
            page = await suite.call("GET", url, key=tenant.key)
            stored |= {namespace["id"] for namespace in page.data}
            url = page.body["links"]["next"]
        assert acknowledged == stored
        async with asyncio.timeout(60):
            while {json.loads(body)["data"]["object"]["id"] for _, body in receiver.got} < acknowledged:
                await asyncio.sleep(0.1)
        delivered = {(headers["X-Webhook-ID"], headers["X-Webhook-Delivery"]) for headers, _ in receiver.got}
        assert len({event for event, _ in delivered}) == len(delivered) == len(acknowledged)


async def test_a_second_start_keeps_the_key_and_a_second_suite_on_the_directory_is_refused(suite: Suite) -> None:
    key = suite.key
    second = await asyncio.create_subprocess_exec(
        *command("up", "--data-dir", str(suite.directory), "--port", "1"), stderr=asyncio.subprocess.PIPE
    )
    _, errors = await asyncio.wait_for(second.communicate(), 20)
    assert second.returncode == 1
    assert b"in use" in errors
    assert suite.stop() == 0
    began = asyncio.get_running_loop().time()
    suite.start()
    assert asyncio.get_running_loop().time() - began < 20
    assert suite.key == key
    assert (await suite.call("GET", "user")).status == 200
    pids = [int(path.read_text()) for path in (suite.directory / "run").glob("*.pid")]
    suite.kill()
    async with asyncio.timeout(10):
        while any(_alive(pid) for pid in pids):
            await asyncio.sleep(0.05)
    suite.start()
    assert (await suite.call("GET", "user")).status == 200


async def test_the_demo_shows_a_verified_delivery_soon_after_its_write(platform: Platform) -> None:
    demo = await asyncio.create_subprocess_exec(
        *command("demo", "--data-dir", str(platform.directory), "--url", platform.base),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(demo.communicate(), 60)
    assert demo.returncode == 0, output.decode()
    assert b"verified every delivery" in output
    assert b"NOT VERIFIED" not in output


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
