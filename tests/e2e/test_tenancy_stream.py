"""The event stream as subscribers see it: what is really sent is what the AsyncAPI document says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from jsonschema import Draft202012Validator

from atrium_common.bus.translation import messages_of
from atrium_common.clock import SystemClock
from atrium_common.cloudevents import HEARTBEAT, headers_of
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.store.sqlite import SqliteStore
from tests.contract.asyncapi import PATH
from tests.e2e.suite import Platform

Sent = tuple[str, dict[str, str], Any]
TOPICS = {"tenancy.events": "tenancy", "entitlements.events": "entitlements", "webhooks.events": "webhooks"}


async def _from_kafka(environment: dict[str, str]) -> AsyncIterator[Sent]:
    """Every record of the three topics until their ends as they are now."""
    prefix = environment["ATRIUM_KAFKA_PREFIX"]
    consumer = AIOKafkaConsumer(
        *(f"{prefix}{topic}" for topic in TOPICS),
        bootstrap_servers=environment["ATRIUM_KAFKA_BOOTSTRAP"],
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        partitions = await _assigned(consumer)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            await consumer.seek_to_beginning(partition)
        while [each for each in partitions if await consumer.position(each) < ends[each]]:
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    yield partition.topic.removeprefix(prefix), headers, json.loads(record.value or b"null")
    finally:
        await consumer.stop()


async def _assigned(consumer: AIOKafkaConsumer) -> list[Any]:
    while not consumer.assignment():
        await consumer.getmany(timeout_ms=100)
    return list(consumer.assignment())


async def _from_logs(platform: Platform) -> AsyncIterator[Sent]:
    """The same where the logs themselves are the stream."""
    secrets = (platform.directory / "secrets").read_text()
    keys = re.search(r"ATRIUM_SEALING_KEYS='([^']*)'", secrets)
    assert keys is not None
    for topic, service in TOPICS.items():
        store = SqliteStore(platform.directory / f"{service}.db")
        await store.open([SUBJECT_KEYS])
        vault = Vault(store.documents, MasterKeys.parse(keys[1]), clock=SystemClock())
        for commit in await store.log.read_log(after=0, limit=100_000):
            for message in await messages_of(commit, service=service, open_sealed=vault.open):
                yield topic, {name: value.decode() for name, value in headers_of(message)}, message.data
        await store.close()


async def test_what_is_really_sent_is_what_the_asyncapi_document_says(
    platform: Platform, request: pytest.FixtureRequest
) -> None:
    tenant = await platform.tenant()
    workspace = f"workspaces/{tenant.workspace['id']}"
    email = f"s.{os.urandom(4).hex()}@example.com"
    user = await platform.created(
        "users", {"name": "S", "email": email}, headers={"X-Workspace-ID": tenant.workspace["id"]}
    )
    assert (await platform.call("PATCH", f"users/{user['id']}", {"name": "T"})).status == 200
    namespace = await platform.created("namespaces", {"name": "N"}, key=tenant.key)
    assert (await platform.call("PATCH", f"namespaces/{namespace['id']}", {"name": "M"}, key=tenant.key)).status == 200
    await platform.created(f"{workspace}/invitations", {"email": f"i{email}"}, key=tenant.key)
    assert (await platform.call("DELETE", workspace)).status == 204
    document = json.loads(PATH.read_text())
    messages = document["components"]["messages"]
    heads = Draft202012Validator(document["components"]["schemas"]["CloudEvent"])
    known = {name: Draft202012Validator(message.get("payload", {})) for name, message in messages.items()}
    builtin = {name.partition(".")[0] for name in messages}
    kafka = "kafka" in request.node.name
    sent = _from_kafka(dict(platform.environment)) if kafka else _from_logs(platform)
    seen: set[str] = set()
    async for topic, headers, data in sent:
        name = headers["ce_type"]
        if name == HEARTBEAT:
            continue
        if name not in document["channels"][topic]["messages"]:
            # A client's own events may be of any type that is none of ours.
            assert topic == "webhooks.events"
            assert name.partition(".")[0] not in builtin, name
            continue
        seen.add(name)
        faults = [error.message for error in (*heads.iter_errors(headers), *known[name].iter_errors(data))]
        assert not faults, (name, faults, data)
    assert {
        "workspace.created", "workspace.deleted", "member.added", "team.created", "user.created", "user.updated",
        "namespace.created", "namespace.updated", "invitation.created", "api_key.created",
    } <= seen  # fmt: skip
