"""A small service, notes, that uses everything the kit offers: the kit's tests ask it over a real port."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field, JsonValue

from atrium_common.clock import rfc3339
from atrium_common.errors import Duplicate, NotFound, StateConflict
from atrium_common.eventing.codec import Codec
from atrium_common.eventing.decider import Decider, Loaded
from atrium_common.eventing.event import Event, EventRegistry
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Transaction
from atrium_common.eventing.vault import SUBJECT_KEYS, MasterKeys, Vault
from atrium_common.http.batch import batch_route
from atrium_common.http.body import Body, Parameters
from atrium_common.http.listing import Filter, Listing, words
from atrium_common.http.merge_patch import merge_patch
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Deprecation, Route
from atrium_common.ids import TimeOrderedIds
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_common.store.documents import Collection, Delete, Index, Newer, Put
from atrium_common.store.memory import MemoryStore
from atrium_common.store.ports import ClaimTaken
from atrium_common.testing.clock import FakeClock
from atrium_common.testing.http import ServiceUnderTest


class NoteWritten(Event, type="note.written", schema=1):
    title: str
    kind: str
    settings: dict[str, JsonValue]
    at: AwareDatetime


class NoteChanged(Event, type="note.changed", schema=1):
    title: str
    settings: dict[str, JsonValue]
    at: AwareDatetime


class NoteDeleted(Event, type="note.deleted", schema=1):
    pass


@dataclass(frozen=True, slots=True)
class Note:
    title: str
    kind: str
    settings: JSONObject
    created_at: str
    updated_at: str
    deleted: bool = False


def _evolve(note: Note | None, event: Event) -> Note:
    match event:
        case NoteWritten():
            return Note(event.title, event.kind, event.settings, rfc3339(event.at), rfc3339(event.at))
        case NoteChanged() if note is not None:
            return replace(note, title=event.title, settings=event.settings, updated_at=rfc3339(event.at))
        case _ if note is not None:
            return replace(note, deleted=True)
    raise TypeError(event)


def _shown(note_id: str, note: Note) -> JSONObject:
    return {
        "id": note_id,
        "title": note.title,
        "kind": note.kind,
        "pinned": note.title.startswith("!"),
        "settings": note.settings,
        "created_at": note.created_at,
        "updated_at": note.updated_at,
    }


def _row(loaded: Loaded[Note]) -> Put | Delete | None:
    if loaded.state is None:
        return None
    if loaded.state.deleted:
        return Delete("notes", loaded.id, loaded.version, Newer())
    body = {**_shown(loaded.id, loaded.state), "words": words(loaded.state.title)}
    return Put("notes", loaded.id, body, loaded.version, Newer())


NOTE: Decider[Note] = Decider("note", _evolve, None, _row)
NOTES = Collection("notes", (Index(("created_at",)),), frozenset({"words"}))
FIELDS = ("id", "title", "kind", "pinned", "settings", "created_at", "updated_at")


class WriteNote(Body):
    """A new note."""

    title: Annotated[str, Field(min_length=1, max_length=20)]
    kind: Literal["plain", "secret"] = "plain"
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    stars: int = Field(default=0, ge=0)
    due: AwareDatetime | None = None
    authors: list[Author] = Field(default_factory=list)


class Author(Body):
    name: str


class ChangeNote(Body):
    title: Annotated[str, Field(min_length=1)] = " "
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class NoteModel(BaseModel):
    """A note."""

    id: str
    title: str
    kind: Literal["plain", "secret"]
    pinned: bool
    settings: dict[str, JsonValue]
    created_at: AwareDatetime
    updated_at: AwareDatetime


class CountQuery(Parameters):
    kind: Literal["plain", "secret"]
    window: int = Field(default=7, ge=1)


WriteNote.model_rebuild()


@dataclass(frozen=True, slots=True)
class Notes:
    """The service and what its tests look into."""

    routes: Sequence[Route]
    store: MemoryStore
    repository: Repository
    clock: FakeClock
    includes: list[int]


def _routes(repository: Repository, store: MemoryStore, includes: list[int]) -> list[Route]:  # noqa: PLR0915
    async def include_author(resources: Sequence[JSONObject], principal: Principal) -> None:
        includes.append(len(resources))
        for resource in resources:
            resource["author"] = {"id": principal.user_id, "of": resource["title"]}

    listing = Listing(
        FIELDS,
        sortable=("created_at", "title", "kind"),
        filters={
            "kind": ("plain", "secret"),
            "pinned": "boolean",
            "title": "text",
            "written_since": Filter("time", "created_at", "gte"),
            "own": Filter("boolean", applied=False),
        },
        searchable=True,
        includes={"author": include_author},
    )

    async def index(call: Call) -> Reply:
        if call.asked.values.get("own") is True:
            raise StateConflict("asked for own", "list")
        return await call.asked.reply(
            store.documents, "notes", where=(), render=lambda d: {k: v for k, v in d.body.items() if k != "words"}
        )

    async def there(note_id: str) -> Loaded[Note]:
        loaded = await repository.load(NOTE, note_id)
        if loaded.state is None or loaded.state.deleted:
            raise NotFound("note", note_id)
        return loaded

    async def read(call: Call) -> Reply:
        loaded = await there(call.params["note_id"])
        return Reply.one(_shown(loaded.id, loaded.state), version=loaded.version)  # type: ignore[arg-type]

    async def write(call: Call) -> Reply:
        body = call.read(WriteNote)

        async def decide(tx: Transaction) -> JSONObject:
            note_id = repository.ids.new("note")
            title = next(tries)
            event = NoteWritten(title=title, kind=body.kind, settings=body.settings, at=tx.at)
            await tx.emit(NOTE, note_id, event)
            tx.claim(f"title/{title.casefold()}", stream=NOTE.stream(note_id))
            return {"id": note_id}

        # A secret note takes the next free title by itself, as a workspace without a slug does.
        tries = iter([body.title, f"{body.title}-2"] if body.kind == "secret" else [body.title] * 9)
        try:
            done = await repository.transact(call.command, decide)
        except ClaimTaken:
            if body.kind != "secret":
                raise
            done = await repository.transact(call.command, decide)
        loaded = await done.state(NOTE, str(done.outcome["id"]))
        shown = _shown(loaded.id, loaded.state)  # type: ignore[arg-type]
        return Reply.created(shown, location=f"{call.public_base}{BASE}/notes/{loaded.id}", version=loaded.version)

    async def change(call: Call) -> Reply:
        sent = call.read(ChangeNote).sent()

        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(NOTE, call.params["note_id"])
            if loaded.state is None or loaded.state.deleted:
                raise NotFound("note", loaded.id)
            call.check_version(loaded.version)
            settings = loaded.state.settings
            if "settings" in sent:
                settings = merge_patch(settings, call.read(ChangeNote).settings)
            title = call.read(ChangeNote).title if "title" in sent else loaded.state.title
            await tx.emit(NOTE, loaded.id, NoteChanged(title=title, settings=settings, at=tx.at))
            return {"id": loaded.id}

        done = await repository.transact(call.command, decide)
        loaded = await done.state(NOTE, str(done.outcome["id"]))
        return Reply.one(_shown(loaded.id, loaded.state), version=loaded.version)  # type: ignore[arg-type]

    async def delete(call: Call) -> Reply:
        async def decide(tx: Transaction) -> JSONObject:
            loaded = await tx.load(NOTE, call.params["note_id"])
            if loaded.state is None or loaded.state.deleted:
                raise NotFound("note", loaded.id)
            call.check_version(loaded.version)
            await tx.emit(NOTE, loaded.id, NoteDeleted())
            return {}

        await repository.transact(call.command, decide)
        return Reply.empty()

    async def count(call: Call) -> Reply:
        asked = call.read_query(CountQuery)
        return Reply.bare({"kind": asked.kind, "window": asked.window})

    async def archive(_: Call) -> Reply:
        raise StateConflict("open", "archive")

    path, one = f"{BASE}/notes", f"{BASE}/notes/{{note_id}}"
    writing = Route(
        "POST", path, write, "Write a note", "webhooks:write", WriteNote, NoteModel, status=201, errors=(Duplicate,)
    )
    changing = Route("PATCH", one, change, "Change a note", "webhooks:write", ChangeNote, NoteModel)
    deleting = Route(
        "DELETE", one, delete, "Delete a note", "webhooks:delete", status=204, permission="webhooks:delete"
    )
    actions = {"create": writing, "update": changing, "delete": deleting}
    return [
        Route("GET", path, index, "List notes", "webhooks:read", answer=NoteModel, listing=listing),
        writing,
        batch_route(path, actions, parameter="note_id", repository=repository),
        batch_route(f"{BASE}/write-only", {"create": writing}, parameter="note_id", repository=repository),
        Route("GET", f"{path}/count", count, "Count notes", query=CountQuery, bare=True),
        Route("GET", one, read, "Get a note", "webhooks:read", answer=NoteModel, single=listing),
        changing,
        deleting,
        Route("POST", f"{one}/archive", archive, "Archive a note", "admin:*", answer=NoteModel),
        Route(
            "GET",
            f"{BASE}/old-notes/{{note_id}}",
            read,
            "Get a note, the old way",
            answer=NoteModel,
            deprecated=Deprecation(date(2026, 1, 1), date(2027, 6, 1), f"{BASE}/notes"),
        ),
        Route("POST", "/internal/notes/resolve", archive, "Resolve notes", internal=True),
    ]


@pytest.fixture
async def notes() -> Notes:
    clock = FakeClock()
    store = MemoryStore(clock=clock)
    await store.open([SUBJECT_KEYS, NOTES])
    keys = MasterKeys.parse(f"k1:{base64.b64encode(bytes(32)).decode()}")
    codec = Codec(EventRegistry((NoteWritten, NoteChanged, NoteDeleted)), Vault(store.documents, keys, clock=clock))
    repository = Repository(store, codec=codec, ids=TimeOrderedIds(clock=clock))
    includes: list[int] = []
    return Notes(_routes(repository, store, includes), store, repository, clock, includes)


@pytest.fixture
async def api(notes: Notes) -> AsyncIterator[ServiceUnderTest]:
    async with ServiceUnderTest(notes.routes, clock=notes.clock) as service:
        yield service


@pytest.fixture
def written(api: ServiceUnderTest, notes: Notes) -> Callable[..., object]:
    """Write notes with these titles, a second apart."""

    async def write(*titles: str, **more: object) -> list[str]:
        ids = []
        for title in titles:
            notes.clock.advance(1.0)
            answer = await api.request("POST", "/api/v1/notes", json={"title": title, **more})
            assert answer.status == 201, answer.body
            ids.append(str(answer.json["data"]["id"]))
        return ids

    return write
