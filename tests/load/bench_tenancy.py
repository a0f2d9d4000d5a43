"""Does tenancy answer as fast among many tenants as among few? `make bench`, or by itself:

    python tests/load/bench_tenancy.py [WORKSPACES …] [--namespaces N]

Each size is built by a loader (with a progress bar) in a store of its own, and asked in a process of its own, so that
memory can be told. The figures are compared as ratios, which a busy machine leaves as they are. Without arguments it
is a size that takes a minute; the whole one is `1000 100000 --namespaces 10` (a million namespaces).
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from atrium_common.api_keys import digest
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import FakeClock
from atrium_tenancy.application.resolution import resolve
from atrium_tenancy.application.seats import open_roster, seat
from atrium_tenancy.domain.namespace import NamespaceCreated
from atrium_tenancy.domain.workspace import WorkspaceCreated
from atrium_tenancy.rows import NAMESPACE, WORKSPACE

sys.path.insert(0, str(Path(__file__).parents[2]))
from services.tenancy.tests.world import Person, World

CALLS, WARM, LOADERS = 300, 30, 32


@dataclass(frozen=True, slots=True)
class Known:
    """What the questions are about: a user with a workspace in the middle of all the others."""

    person: Person
    workspace_id: str
    namespace_id: str


async def load(world: World, numbers: Iterator[int], total: int, namespaces: int) -> None:
    """Build workspaces of the operator with these numbers, each with so many namespaces, each in one commit."""
    owner = world.operator.user_id
    columns = (TextColumn("loading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total)

        async def one(number: int) -> None:
            async def decide(tx: Transaction) -> JSONObject:
                workspace_id = world.tenancy.ids.new("wks")
                created = WorkspaceCreated(
                    name=f"Tenant {number}", slug=f"tenant-{number}", tier="free", settings={}, owner_id=owner, at=tx.at
                )
                await tx.emit(WORKSPACE, workspace_id, created)
                tx.claim(f"slug/tenant-{number}", stream=WORKSPACE.stream(workspace_id))
                await open_roster(tx, workspace_id, ids=world.tenancy.ids)
                await seat(tx, workspace_id, owner, "owner")
                for index in range(namespaces):
                    namespace_id = world.tenancy.ids.new("ns")
                    await tx.emit(NAMESPACE, namespace_id, _namespace(workspace_id, index, tx))
                return {}

            await world.tenancy.repository.transact(Command(f"load/{number}", world.clock.now()), decide)
            world.clock.advance(0.001)
            progress.advance(task)

        async def loader() -> None:
            for number in numbers:
                await one(number)

        await asyncio.gather(*(loader() for _ in range(LOADERS)))


def _namespace(workspace_id: str, index: int, tx: Transaction) -> NamespaceCreated:
    return NamespaceCreated(
        uuid=str(uuid.uuid4()),
        name=f"Namespace {index}",
        slug=f"namespace-{index}",
        owner_type="Workspace",
        owner_id=workspace_id,
        workspace_id=workspace_id,
        workspace_ids=(workspace_id,),
        at=tx.at,
    )


async def ask(world: World, known: Known) -> dict[str, float]:
    """The p99 of each question by the wall's clock, and the processor's time for one, both sides, in milliseconds.

    The second is what a busy machine leaves comparable.
    """
    one, key = known.workspace_id, known.person.key

    async def get(path: str, key: str | None = key) -> None:
        answer = await world.call("GET", path, key=key)
        assert answer.status == 200, answer

    questions: dict[str, Callable[[], Awaitable[object]]] = {
        "resolve a key": lambda: resolve(world.tenancy, digest(key), workspace_id=None, namespace_id=None),
        "get a workspace": lambda: get(f"workspaces/{one}"),
        "get a namespace": lambda: get(f"namespaces/{known.namespace_id}"),
        "list a workspace's namespaces": lambda: get("namespaces?per_page=15"),
        "list a user's workspaces": lambda: get("workspaces"),
        "list members with their users": lambda: get(f"workspaces/{one}/members?include=user"),
        "search a user's workspaces": lambda: get("workspaces?search=ada"),
        "operator: list all by cursor": lambda: get("workspaces?cursor=", None),
        "operator: search all for a rare word": lambda: get("workspaces?cursor=&search=99", None),
        "operator: search all for a common word": lambda: get("workspaces?cursor=&search=tenant", None),
        "operator: list all by page": lambda: get("workspaces", None),
    }
    found = {}
    for name, question in questions.items():
        for _ in range(WARM):
            await question()
        times, spent = [], time.process_time()
        for _ in range(CALLS):
            began = time.perf_counter()
            await question()
            times.append(time.perf_counter() - began)
        found[f"{name}: p99"] = sorted(times)[int(CALLS * 0.99)] * 1000
        found[f"{name}: CPU"] = (time.process_time() - spent) / CALLS * 1000
    return found


async def measure(workspaces: int, namespaces: int, path: Path) -> None:
    """Build and ask one size; the figures go to standard output as JSON."""
    clock = FakeClock()
    async with World(SqliteStore(path, clock=clock), clock=clock) as world:
        numbers = iter(range(workspaces))
        await load(world, islice(numbers, workspaces // 2), workspaces // 2, namespaces)
        person = await world.person("Ada")
        made = [await world.made("namespaces", {"name": f"N {n}"}, key=person.key) for n in range(10)]
        await load(world, numbers, workspaces - workspaces // 2, namespaces)
        known = Known(person, person.workspace_id, made[5]["id"])
        figures = await ask(world, known)
    figures["memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["file, MiB"] = path.stat().st_size / 2**20
    print(json.dumps(figures))


def main(arguments: list[str]) -> None:
    """Run every size in a process of its own and print the figures side by side."""
    namespaces = 10
    if "--namespaces" in arguments:
        place = arguments.index("--namespaces")
        namespaces = int(arguments[place + 1])
        del arguments[place : place + 2]
    sizes = [int(size) for size in arguments] or [300, 3_000]
    columns: list[dict[str, float]] = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--one", str(size), str(namespaces), folder]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
            columns.append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{'milliseconds':<48}" + "".join(f"{size:>12,}" for size in sizes) + f"{'grows by':>12}")
    for name in columns[0]:
        ratio = columns[-1][name] / columns[0][name]
        print(f"{name:<48}" + "".join(f"{column[name]:>12.2f}" for column in columns) + f"{ratio:>11.2f}x")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        uvloop.run(measure(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]) / "tenancy.db"))
    else:
        main(sys.argv[1:])
