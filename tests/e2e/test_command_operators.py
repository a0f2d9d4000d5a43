"""What operators need of the command, beside a running suite, on both stacks."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from cloudevents.http import from_json

from atrium_common.clock import SystemClock
from atrium_common.eventing.parking import PARKED_MESSAGES, stored_form
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Any, Put
from atrium_common.wiring import make_store
from atrium_webhooks.settings import WebhooksSettings
from tests.e2e.conftest import Kept, kept
from tests.e2e.suite import Done, Platform, Receiver, Suite, ran


def of(platform: Platform, *arguments: str) -> Done:
    """The command's answer, told the suite's stores and data directory."""
    return ran(*arguments, "--data-dir", str(platform.directory), environment=platform.environment)


async def told(platform: Platform, *arguments: str) -> Done:
    return await asyncio.to_thread(of, platform, *arguments)


@pytest.fixture(scope="module")
def _operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    yield from kept(tmp_path_factory, "operated")


@pytest.fixture
async def suite(stack: dict[str, str], _operated: Kept) -> AsyncIterator[Suite]:
    """A suite of this file's own: what looks at all that there is takes its time where much has happened."""
    async with _operated.running(stack) as running:
        yield running


async def test_check_finds_nothing_wrong_beside_a_suite_that_writes(suite: Suite) -> None:
    tenant = await suite.tenant()
    ending = asyncio.Event()

    async def write() -> None:
        number = 0
        while not ending.is_set():
            number += 1
            await suite.created("namespaces", {"name": f"N {number}"}, key=tenant.key)

    writer = asyncio.create_task(write())
    done = await told(suite, "admin", "check", "--json")
    ending.set()
    await writer
    assert done.code == 0, done
    report = json.loads(done.output)
    assert report["clean"] is True
    assert report["services"]["tenancy"]["commits"] > 0


async def test_tails_show_events_and_deliveries_as_they_happen_one_cloudevent_a_line(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        wanted = {"url": receiver.url, "events": ["namespace.created"]}
        await platform.created("webhooks", wanted, key=tenant.key)
        namespace = ""
        async with asyncio.timeout(60):
            for group, kind in (("events", "namespace.created"), ("deliveries", "delivery.success")):
                tail = await asyncio.create_subprocess_exec(
                    *platform.command(group, "tail", "--json"),
                    env={**os.environ, **platform.environment},
                    stdout=asyncio.subprocess.PIPE,
                )
                assert tail.stdout is not None
                making = asyncio.create_task(_keep_making(platform, tenant.key))
                while True:
                    line = await tail.stdout.readline()
                    event = from_json(line)
                    if event["type"] == kind and event.get("workspaceid") == tenant.workspace["id"]:
                        break
                making.cancel()
                namespace = event.data["object"]["id"]
                tail.send_signal(2)
                assert await tail.wait() == 0
        assert namespace.startswith("del_")


async def _keep_making(platform: Platform, key: str) -> None:
    for number in range(200):
        await platform.created("namespaces", {"name": f"Tailed {number}"}, key=key)
        await asyncio.sleep(0.2)


async def test_tail_from_the_start_shows_what_was_before(platform: Platform) -> None:
    tenant = await platform.tenant()
    tail = await asyncio.create_subprocess_exec(
        *platform.command("events", "tail", "--json", "--from-start"),
        env={**os.environ, **platform.environment},
        stdout=asyncio.subprocess.PIPE,
    )
    assert tail.stdout is not None
    async with asyncio.timeout(60):
        while json.loads(await tail.stdout.readline())["subject"] != f"workspace/{tenant.workspace['id']}":
            pass
    tail.terminate()
    assert await tail.wait() == 0


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["words", "json"])
@pytest.mark.parametrize("group", ["events", "deliveries"])
async def test_a_tail_that_nobody_reads_any_more_ends_without_a_word(
    platform: Platform, group: str, flags: tuple[str, ...]
) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        wanted = {"url": receiver.url, "events": ["namespace.created"]}
        await platform.created("webhooks", wanted, key=tenant.key)
        making = asyncio.create_task(_keep_making(platform, tenant.key))
        line, pipe = platform.command(group, "tail", "--from-start", *flags), 'set -o pipefail; "$@" | head -1'
        tail = await asyncio.create_subprocess_exec(
            *("bash", "-c", pipe, "-", *line),
            env={**os.environ, **platform.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            output, errors = await tail.communicate()
        making.cancel()
    assert output.count(b"\n") == 1
    assert (tail.returncode, errors) == (141, b"")


async def test_the_demo_tells_machines_a_step_a_line_and_no_secret(platform: Platform) -> None:
    done = await told(platform, "demo", "--json", "--url", platform.base)
    assert done.code == 0, done
    steps = [json.loads(line) for line in done.output.splitlines()]
    assert {"workspace", "api key", "webhook", "namespace", "package", "usage"} <= {step["event"] for step in steps}
    assert all(step["verified"] for step in steps if step["event"] == "delivery")
    assert steps[-1]["event"] == "verified"
    assert not [step for step in steps if {"key", "secret"} & step.keys()]


async def test_migrate_can_be_repeated_beside_a_running_suite(platform: Platform) -> None:
    for _ in range(2):
        done = await told(platform, "migrate", "--json")
        assert done.code == 0, done
    assert {"tenancy", "entitlements", "webhooks", "gateway"} <= set(json.loads(done.output))
    if "ATRIUM_KAFKA_BOOTSTRAP" in platform.environment:
        assert json.loads(done.output)["topic tenancy.events"] == "3 partitions"


async def test_keys_are_made_and_revoked_by_the_operator(platform: Platform) -> None:
    done = await told(
        platform, "admin", "keys", "create", "--name", "ops", "--scope", "*:read", "--url", platform.base, "--json"
    )
    assert done.code == 0, done
    key = json.loads(done.output)
    assert (await platform.call("GET", "user", key=key["key"])).status == 200
    assert (await told(platform, "admin", "keys", "revoke", key["id"], "--url", platform.base)).code == 0
    async with asyncio.timeout(10):
        while (await platform.call("GET", "user", key=key["key"])).status != 401:
            await asyncio.sleep(0.02)
    refused = await told(platform, "admin", "keys", "revoke", "key_none", "--url", platform.base)
    assert refused.code == 1
    assert "404" in refused.errors


async def test_a_rebuilt_projection_is_what_it_was(suite: Suite) -> None:
    tenant = await suite.tenant()
    await suite.created("webhooks", {"url": "http://127.0.0.1:1024/", "events": ["never.happens"]}, key=tenant.key)
    before = await suite.call("GET", "api-keys", key=tenant.key)
    listed = await told(suite, "admin", "rebuild", "--json")
    assert "tenancy.api_keys" in json.loads(listed.output)
    for projection in ("tenancy", "entitlements", "webhooks.webhooks"):
        done = await told(suite, "admin", "rebuild", projection)
        assert done.code == 0, done
    after = await suite.call("GET", "api-keys", key=tenant.key)
    for row in (*before.data, *after.data):
        del row["last_used_at"]
    assert after.data == before.data
    assert (await told(suite, "admin", "rebuild", "tenancy.nothing")).code == 1
    assert (await told(suite, "admin", "check")).code == 0


async def test_a_dead_letter_is_listed_and_redriven_by_the_running_service(platform: Platform) -> None:
    tenant = await platform.tenant()
    async with Receiver() as receiver:
        webhook = await platform.created("webhooks", {"url": receiver.url, "events": ["thing.made"]}, key=tenant.key)
        await _park(platform, tenant.workspace["id"])
        listed = await told(platform, "admin", "dead-letters", "list", "--json")
        (letter,) = [each for each in json.loads(listed.output) if each["subject"] == "thing/planted"]
        assert (letter["service"], letter["reactor"], letter["reason"]) == ("webhooks", "webhooks.fan_out", "planted")
        done = await told(platform, "admin", "dead-letters", "redrive", "--json")
        assert done.code == 0, done
        assert json.loads(done.output)["redriven"] >= 1
        await receiver.until("thing.made")
        assert (await platform.call("GET", f"webhooks/{webhook['id']}", key=tenant.key)).status == 200
    assert json.loads((await told(platform, "admin", "dead-letters", "list", "--json")).output) == []


async def _park(platform: Platform, workspace_id: str) -> None:
    """As the reactor parks a message that it could not handle."""
    from atrium_common.bus.ports import Message

    now = SystemClock().now()
    message = Message(
        f"evt_{os.urandom(13).hex()}",
        "thing.made",
        "/tenancy",
        "thing/planted",
        now,
        workspace_id,
        {"object": {"id": "thing_1", "type": "thing", "attributes": {}}},
        workspace_id,
        (workspace_id,),
        1,
        10**9,  # behind everything that was there when the endpoint was made
        True,
    )
    names = {name.removeprefix("ATRIUM_").lower(): value for name, value in platform.environment.items()}
    stores = {name: value for name, value in names.items() if name.startswith("mongodb")}
    store = make_store("webhooks", WebhooksSettings(data_dir=platform.directory, **stores))  # type: ignore[arg-type]
    await store.open([PARKED_MESSAGES])
    body: JSONObject = {
        "reactor": "webhooks.fan_out",
        "key": f"tenancy.events/{workspace_id}",
        "at": "2026-01-01T00:00:00.000Z",
        "reason": "planted",
        "topic": "tenancy.events",
        "offset": 1,
        "message": stored_form(message),
    }
    await store.documents.write([Put(PARKED_MESSAGES.name, f"webhooks.fan_out/{message.id}", body, 1, Any())])
    await store.close()


async def test_an_erased_user_is_in_no_file_within_20_seconds(platform: Platform) -> None:
    name = f"Zebediah{os.urandom(3).hex()}"
    person = await platform.created("users", {"name": name, "email": f"{name.lower()}@example.org"})
    assert (await platform.call("GET", f"users/{person['id']}")).data["name"] == name
    done = await told(platform, "admin", "erase-user", person["id"], "--yes", "--url", platform.base)
    assert done.code == 0, done
    assert person["id"] in json.loads((await told(platform, "admin", "erasures", "--json")).output)
    again = await told(platform, "admin", "erase-user", person["id"], "--yes", "--url", platform.base)
    assert again.code == 0, again
    assert "erased before" in again.output
    assert (await told(platform, "admin", "erase-user", "usr_none", "--yes", "--url", platform.base)).code == 1
    async with asyncio.timeout(20):
        while found := _holding(platform.directory, name):
            await asyncio.sleep(0.2)
            assert found


def _holding(directory: Path, text: str) -> list[Path]:
    needles = (text.encode(), text.lower().encode())
    files = [path for path in directory.rglob("*") if path.is_file() and path.suffix != ".log"]
    return [path for path in files if any(needle in _read(path) for needle in needles)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_a_backup_of_a_running_suite_is_restored_and_erasures_are_applied_again(suite: Suite) -> None:
    backup = suite.directory.with_suffix(".backup")
    name = f"Obadiah{os.urandom(3).hex()}"
    person = await suite.created("users", {"name": name, "email": f"{name.lower()}@example.org"})
    kept_one = await suite.created("workspaces", {"name": "Kept"})
    assert (await told(suite, "admin", "backup", str(backup))).code == 0
    assert (await told(suite, "admin", "backup", str(backup))).code == 1
    await suite.created("workspaces", {"name": "Too late"})
    assert (await suite.call("DELETE", f"users/{person['id']}")).status == 204
    assert (await told(suite, "admin", "restore", str(backup))).code == 1
    assert suite.stop() == 0
    assert _holding(backup, name)
    done = await told(suite, "admin", "restore", str(backup), "--json")
    assert done.code == 0, done
    assert person["id"] in json.loads(done.output)["erased_again"]
    assert (await told(suite, "admin", "check")).code == 0
    assert not _holding(suite.directory, name)
    suite.start()
    names = [each["name"] for each in (await suite.call("GET", "workspaces?per_page=100")).data]
    assert "Kept" in names
    assert "Too late" not in names
    assert (await suite.call("GET", f"workspaces/{kept_one['id']}")).status == 200


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
async def test_the_sealing_key_is_rotated_and_everything_sealed_before_opens_still(suite: Suite) -> None:
    async with Receiver() as receiver:
        tenant = await suite.tenant()
        await suite.created("webhooks", {"url": receiver.url, "events": ["namespace.created"]}, key=tenant.key)
        refused = await told(suite, "admin", "rotate-sealing-key")
        assert refused.code == 1
        assert "in use" in refused.errors
        assert suite.stop() == 0
        done = await told(suite, "admin", "rotate-sealing-key", "--drop-old", "--json")
        assert done.code == 0, done
        assert json.loads(done.output)["current"] == "k2"
        assert sum(json.loads(done.output)["rewrapped"].values()) > 0
        assert (await told(suite, "admin", "check")).code == 0
        suite.start()
        await suite.created("namespaces", {"name": "After"}, key=tenant.key)
        await receiver.until("namespace.created")
        assert (await suite.call("GET", "user")).data["name"] == "Operator"


async def test_a_tail_that_nobody_reads_any_more_ends_when_it_is_told(platform: Platform) -> None:
    tenant = await platform.tenant()
    for _ in range(4):
        await platform.created("events", {"type": "book.copied", "data": {"text": "x" * 60_000}}, key=tenant.key)
    tail = await asyncio.create_subprocess_exec(
        *platform.command("events", "tail", "--json", "--from-start"),
        env={**os.environ, **platform.environment},
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    assert tail.stdout is not None
    async with asyncio.timeout(60):
        assert await tail.stdout.readline()
        tail.terminate()
        assert await tail.wait() == 0
