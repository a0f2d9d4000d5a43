"""Does tenancy answer as fast among many tenants as among few? `make bench`, or by itself:

    python tests/load/bench_tenancy.py [WORKSPACES …] [--namespaces N] [--keep FOLDER]

Each size is built by a loader (with a progress bar) in a store of its own, and asked in a process of its own, so that
memory can be told. The figures are compared as ratios, which a busy machine leaves as they are. Without arguments it
is a size that takes a minute; the whole one is `1000 100000 --namespaces 10` (a million namespaces). What is built in
a FOLDER stays there, and is only asked the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from atrium_common.api_keys import digest
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import Proposal
from atrium_common.store.documents import Newer, Put
from atrium_common.store.encoding import decode, encode
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.clock import START, FakeClock
from atrium_tenancy import rows
from atrium_tenancy.application.resolution import resolve
from atrium_tenancy.application.seats import open_roster, seat
from atrium_tenancy.domain.namespace import NamespaceCreated
from atrium_tenancy.domain.workspace import WorkspaceCreated

sys.path.insert(0, str(Path(__file__).parents[2]))
from services.tenancy.tests.world import World

CALLS, WARM, TOGETHER = 300, 30, 100
MASTER = bytes(range(32))
PATTERN = "987654321"
"""The number of the tenant that all others are copies of."""
_END = "\0"
_IDS = re.compile(r"\b(?:wks|ns|team|evt)_[0-9a-z]{26}\b")
_UUIDS = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@dataclass(frozen=True, slots=True)
class Known:
    """What the questions are about: a user with a workspace in the middle of all the others, and one of the others."""

    key: str
    workspace_id: str
    namespace_id: str
    number: int


class Tenants:
    """A tenant that is made as every tenant is, and copies of it under numbers, ids and times of their own.

    What a command makes of one (events, publications, claims, rows) is made once: so a million namespaces are there as
    fast as the store can write them.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._pieces: list[str] = []
        self._slots: list[str] = []
        self._first = world.clock.now()

    async def prepare(self, namespaces: int) -> None:
        """Make the pattern, with so many namespaces."""
        store = self._world.store
        self._first = self._world.clock.now()
        at = _until_milliseconds(self._first)
        await self._make(namespaces)
        tail = await store.log.tail()
        (commit,) = await store.log.read_log(after=tail - 1, limit=1)
        keys = [part.stream.partition("/")[2] for part in commit.proposal.slices]
        found = [
            [collection.name, document.key, document.version, document.body]
            for collection in rows.COLLECTIONS
            for document in (await store.documents.get_many(collection.name, keys)).values()
        ]
        stored = encode(commit.proposal)
        text = _END.join([stored.at, stored.events.decode(), stored.rest.decode(), orjson.dumps(found).decode()])
        own = {each for each in _IDS.findall(text) if each != self._world.operator.workspace_id}
        tokens = "|".join(map(re.escape, {PATTERN, at, *own, *_UUIDS.findall(text)}))
        parts = re.split(f"({tokens})", text)
        self._pieces, self._slots = parts[::2], parts[1::2]

    def copy(self, number: int) -> tuple[Proposal, list[Put]]:
        """The tenant of this number: its commit, and its rows."""
        at = self._first + timedelta(milliseconds=number)
        new = {PATTERN: f"{number:09}", _until_milliseconds(self._first): _until_milliseconds(at)}
        filled = [self._pieces[0]]
        for slot, piece in zip(self._slots, self._pieces[1:], strict=True):
            if slot not in new:
                prefix, underscore, _ = slot.partition("_")
                new[slot] = self._world.tenancy.ids.new(prefix) if underscore else str(uuid.uuid4())
            filled += (new[slot], piece)
        moment, events, rest, found = "".join(filled).split(_END)
        puts = [Put(collection, key, body, version, Newer()) for collection, key, version, body in orjson.loads(found)]
        return decode(0, moment, events, rest).proposal, puts

    async def _make(self, namespaces: int) -> None:
        owner = self._world.operator.user_id

        async def decide(tx: Transaction) -> JSONObject:
            ids = self._world.tenancy.ids
            workspace_id, slug = ids.new("wks"), f"tenant-{PATTERN}"
            made = WorkspaceCreated(
                name=f"Tenant {PATTERN}", slug=slug, tier="free", settings={}, owner_id=owner, at=tx.at
            )
            await tx.emit(rows.WORKSPACE, workspace_id, made)
            tx.claim(f"slug/{slug}", stream=rows.WORKSPACE.stream(workspace_id))
            await open_roster(tx, workspace_id, ids=ids)
            await seat(tx, workspace_id, owner, "owner")
            for index in range(namespaces):
                namespace_id = ids.new("ns")
                await tx.emit(rows.NAMESPACE, namespace_id, _namespace(workspace_id, index, tx))
                tx.claim(f"slug/{workspace_id}/namespace-{index}", stream=rows.NAMESPACE.stream(namespace_id))
            return {}

        await self._world.tenancy.repository.transact(Command(f"load/{PATTERN}", self._world.clock.now()), decide)


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


def _until_milliseconds(moment: datetime) -> str:
    """What all the forms of a moment have in common."""
    return moment.isoformat(timespec="milliseconds").partition("+")[0]


async def load(workspaces: int, namespaces: int, folder: Path) -> None:
    """Build a store with so many tenants of the operator, and a person with a workspace in their middle."""
    async with opened(folder, START) as world:
        columns = (TextColumn("loading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
            task = progress.add_task("", total=workspaces)

            async def copies(numbers: range) -> None:
                for first in numbers[::TOGETHER]:
                    made = [tenants.copy(number) for number in range(first, min(first + TOGETHER, numbers.stop))]
                    writes = [put for _, puts in made for put in puts]
                    appends = [world.store.log.append(proposal) for proposal, _ in made]
                    await asyncio.gather(*appends, world.store.documents.write(writes))
                    progress.advance(task, len(made))

            world.clock.advance(0.5)
            tenants = Tenants(world)
            await tenants.prepare(namespaces)
            await copies(range(1, workspaces // 2))
            world.clock.advance(workspaces / 1000)
            person = await world.person("Ada")
            made = [await world.made("namespaces", {"name": f"N {n}"}, key=person.key) for n in range(10)]
            await copies(range(workspaces // 2, workspaces))
        known = Known(person.key, person.workspace_id, made[5]["id"], workspaces // 3)
        (folder / "known.json").write_text(json.dumps(asdict(known)))


async def ask(folder: Path) -> dict[str, float]:
    """The p99 of each question by the wall's clock, and the processor's time for one, both sides, in milliseconds.

    The second is what a busy machine leaves comparable.
    """
    known = Known(**json.loads((folder / "known.json").read_text()))
    one = known.workspace_id
    found = {}
    async with opened(folder, START + timedelta(days=1)) as world:

        async def get(path: str, key: str | None = known.key) -> None:
            answer = await world.call("GET", path, key=key)
            assert answer.status == 200, answer

        questions: dict[str, Callable[[], Awaitable[object]]] = {
            "resolve a key": lambda: resolve(world.tenancy, digest(known.key), workspace_id=None, namespace_id=None),
            "get a workspace": lambda: get(f"workspaces/{one}"),
            "get a namespace": lambda: get(f"namespaces/{known.namespace_id}"),
            "list a workspace's namespaces": lambda: get("namespaces?per_page=15"),
            "list a user's workspaces": lambda: get("workspaces"),
            "list members with their users": lambda: get(f"workspaces/{one}/members?include=user"),
            "list a workspace's users": lambda: get("users"),
            "search a user's workspaces": lambda: get("workspaces?search=ada"),
            "operator: list all by cursor": lambda: get("workspaces?cursor=", None),
            "operator: search all for a rare word": lambda: get(f"workspaces?cursor=&search={known.number:09}", None),
            "operator: search all for a common word": lambda: get("workspaces?cursor=&search=tenant", None),
            "operator: list all by page": lambda: get("workspaces", None),
        }
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
    found["memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["file, MiB"] = (folder / "tenancy.db").stat().st_size / 2**20
    return found


@asynccontextmanager
async def opened(folder: Path, now: datetime) -> AsyncIterator[World]:
    """The service over the store in this folder."""
    clock = FakeClock(now)
    async with World(SqliteStore(folder / "tenancy.db", clock=clock), clock=clock, master=MASTER) as world:
        yield world


def child(*arguments: object) -> str:
    """What this very script says when it is called like this."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def built(sizes: list[int], namespaces: int, folder: Path) -> Iterator[Path]:
    """The folder of each size, built where it is not there."""
    for size in sizes:
        place = folder / f"{size}x{namespaces}"
        if not (place / "known.json").exists():
            place.mkdir(parents=True, exist_ok=True)
            began = time.perf_counter()
            child("--load", size, "--namespaces", namespaces, "--keep", place)
            print(
                f"{size:,} workspaces with {namespaces} namespaces each: loaded in {time.perf_counter() - began:.0f} s"
            )
        yield place


def compare(sizes: list[int], namespaces: int, folder: Path) -> None:
    """Ask every size, and print the figures side by side."""
    columns: list[dict[str, float]] = [
        json.loads(child("--ask", "--keep", place).splitlines()[-1]) for place in built(sizes, namespaces, folder)
    ]
    print(f"{'milliseconds':<48}" + "".join(f"{size:>12,}" for size in sizes) + f"{'grows by':>12}")
    for name in columns[0]:
        ratio = columns[-1][name] / columns[0][name]
        print(f"{name:<48}" + "".join(f"{column[name]:>12.2f}" for column in columns) + f"{ratio:>11.2f}x")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--namespaces", type=int, default=10)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--load", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        uvloop.run(load(given.load, given.namespaces, given.keep))
    elif given.ask:
        print(json.dumps(uvloop.run(ask(given.keep))))
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(given.sizes or [300, 3_000], given.namespaces, given.keep or Path(folder))


if __name__ == "__main__":
    main()
