"""Does tenancy answer as fast among many tenants as among few? `make bench`, or by itself:

    python tests/load/bench_tenancy.py [WORKSPACES …] [--namespaces N] [--keep FOLDER]

Each size is built by a loader (with a progress bar) in a store of its own, and asked in a process of its own, so that
memory can be told. The sizes are asked in turns, round by round; of the p99s the least counts, since what else the
machine does only adds to one, and what a size costs stands in each. Without arguments it is a size that takes a minute;
the whole one is `1000 100000 --namespaces 10` (a million namespaces). What is built in a FOLDER stays there, and is
only asked the next time.
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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

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

CALLS, WARM, TOGETHER = 200, 20, 100
MASTER = bytes(range(32))
PATTERN = "987654321"
"""The number of the tenant that all others are copies of."""
_END = "\0"
_TOLD = "told "
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
            await world.tenancy.census.projector.catch_up()
        known = Known(person.key, person.workspace_id, made[5]["id"], workspaces // 3)
        (folder / "known.json").write_text(json.dumps(asdict(known)))


async def answer(folder: Path) -> None:
    """Ask a question as often as a line of the input names one; tell by a line what it took.

    That is the p99 by the wall's clock, and the processor's time for one call, both sides, in milliseconds.
    """
    known = Known(**json.loads((folder / "known.json").read_text()))
    async with opened(folder, START + timedelta(days=1)) as world:
        await world.tenancy.census.projector.catch_up()
        questions = _questions(world, known)
        tell(list(questions))
        while name := (await asyncio.to_thread(sys.stdin.readline)).strip():
            question = questions[name]
            for _ in range(WARM):
                await question()
            times, spent = [], time.process_time()
            for _ in range(CALLS):
                began = time.perf_counter()
                await question()
                times.append(time.perf_counter() - began)
            cpu = (time.process_time() - spent) / CALLS * 1000
            tell({"p99": sorted(times)[int(CALLS * 0.99)] * 1000, "CPU": cpu})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell({"memory, MiB": memory, "file, MiB": (folder / "tenancy.db").stat().st_size / 2**20})


def tell(what: object) -> None:
    """Answer the process that asks."""
    print(f"{_TOLD}{json.dumps(what)}", flush=True)


def _questions(world: World, known: Known) -> dict[str, Callable[[], Awaitable[object]]]:
    one = known.workspace_id

    async def get(path: str, key: str | None = known.key) -> None:
        answer = await world.call("GET", path, key=key)
        assert answer.status == 200, answer

    return {
        "resolve a key": lambda: resolve(world.tenancy, digest(known.key), workspace_id=None, namespace_id=None),
        "get a workspace": lambda: get(f"workspaces/{one}"),
        "get a namespace": lambda: get(f"namespaces/{known.namespace_id}"),
        "list a workspace's namespaces": lambda: get("namespaces?per_page=15"),
        "list a user's workspaces": lambda: get("workspaces"),
        "list members with their users": lambda: get(f"workspaces/{one}/members?include=user"),
        "list a workspace's users": lambda: get("users"),
        "search a user's workspaces": lambda: get("workspaces?search=ada"),
        "search a workspace's members": lambda: get(f"workspaces/{one}/members?search=ada"),
        "operator: list all by cursor": lambda: get("workspaces?cursor=", None),
        "operator: search all for a rare word": lambda: get(f"workspaces?cursor=&search={known.number:09}", None),
        "operator: search all for a common word": lambda: get("workspaces?cursor=&search=tenant", None),
        "operator: list all by page": lambda: get("workspaces", None),
    }


@asynccontextmanager
async def opened(folder: Path, now: datetime) -> AsyncIterator[World]:
    """The service over the store in this folder."""
    clock = FakeClock(now)
    async with World(SqliteStore(folder / "tenancy.db", clock=clock), clock=clock, master=MASTER) as world:
        yield world


def command(*arguments: object) -> list[str]:
    """This very script, called like this."""
    return [sys.executable, __file__, *map(str, arguments)]


class Asked:
    """A store that is asked in a process of its own."""

    def __init__(self, place: Path) -> None:
        self._process = subprocess.Popen(
            command("--ask", "--keep", place), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.questions: list[str] = self._told()

    def ask(self, question: str) -> dict[str, float]:
        """What the question takes now."""
        figures: dict[str, float] = self._told(question)
        return figures

    def end(self) -> dict[str, float]:
        """What the process took in all."""
        figures: dict[str, float] = self._told("")
        self._process.wait()
        return figures

    def _told(self, line: str | None = None) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if line is not None:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        # Between them stand the service's own lines, on the requests that it logs.
        told = next(line for line in self._process.stdout if line.startswith(_TOLD))
        return json.loads(told.removeprefix(_TOLD))


def built(sizes: list[int], namespaces: int, folder: Path) -> Iterator[Path]:
    """The folder of each size, built where it is not there."""
    for size in sizes:
        place = folder / f"{size}x{namespaces}"
        if not (place / "known.json").exists():
            place.mkdir(parents=True, exist_ok=True)
            began = time.perf_counter()
            subprocess.run(command("--load", size, "--namespaces", namespaces, "--keep", place), check=True)
            print(
                f"{size:,} workspaces with {namespaces} namespaces each: loaded in {time.perf_counter() - began:.0f} s"
            )
        yield place


def compare(sizes: list[int], namespaces: int, folder: Path, *, rounds: int) -> None:
    """Ask every size in turns, and print the figures side by side."""
    stores = [Asked(place) for place in built(sizes, namespaces, folder)]
    print(f"{'milliseconds':<48}" + "".join(f"{size:>12,}" for size in sizes) + f"{'grows by':>12}")
    for question in stores[0].questions:
        asked = [[store.ask(question) for store in stores] for _ in range(rounds)]
        for name in ("p99", "CPU"):
            show(
                f"{question}: {name}", [median(each[name] for each in figures) for figures in zip(*asked, strict=True)]
            )
    ends = [store.end() for store in stores]
    for name in ends[0]:
        show(name, [each[name] for each in ends])


def show(name: str, figures: Sequence[float]) -> None:
    """A line of the table."""
    ratio = figures[-1] / figures[0]
    print(f"{name:<48}" + "".join(f"{figure:>12.2f}" for figure in figures) + f"{ratio:>11.2f}x", flush=True)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--namespaces", type=int, default=10)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--load", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        uvloop.run(load(given.load, given.namespaces, given.keep))
    elif given.ask:
        uvloop.run(answer(given.keep))
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(given.sizes or [300, 3_000], given.namespaces, given.keep or Path(folder), rounds=given.rounds)


if __name__ == "__main__":
    main()
