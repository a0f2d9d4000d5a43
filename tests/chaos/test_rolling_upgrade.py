"""A rolling upgrade: processes of an old and a newer version side by side on one store and stream (`newer.py`)."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tests.chaos.client import Client
from tests.chaos.drills import Ground, roll_to_a_newer_version
from tests.chaos.fire import SETTINGS, STRICT_TRY_SECONDS
from tests.chaos.fleet import Fleet
from tests.chaos.journal import Journal, State
from tests.chaos.network import Loopback
from tests.chaos.newer import MEMBER
from tests.chaos.receiver import Receiver
from tests.chaos.story import Story


@pytest.mark.timeout(180)
async def test_a_rolling_upgrade_under_load_fails_no_request_and_loses_no_webhook(tmp_path: Path) -> None:
    network = Loopback()
    fleet = Fleet(tmp_path, network, SETTINGS, replicas=1)
    receiver = Receiver(network.hub, network.hub_port(), seed=1, failing=0)
    async with fleet.running(), receiver, Client(fleet, Journal(tmp_path / "journal.jsonl")) as client:
        client.try_seconds = STRICT_TRY_SECONDS
        story = Story(client, receiver, seed=1)
        await story.prepare()
        story.begin()
        await roll_to_a_newer_version(Ground(fleet, random.Random(1)))
        await story.end()
        story.check()
        entries = list(client.journal.entries.values())
        assert not client.failures, client.failures
        assert {entry.state for entry in entries} <= {State.DONE, State.DENIED}
        sent = {entry.id for entry in entries if entry.kind in {"event", "namespace.create"}}
        async with asyncio.timeout(60):
            while not sent <= {told for each in receiver.receipts for told in (each.event_id, each.object_id)}:
                await asyncio.sleep(0.05)
    made = [each.members for each in receiver.receipts if each.type == "namespace.created"]
    assert {MEMBER in members for members in made} == {True, False}, "both versions have written, both were delivered"
