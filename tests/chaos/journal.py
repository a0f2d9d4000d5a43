"""The client's journal: everything it asked, line by line as it happened, and what it was told."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson


class State(StrEnum):
    """What became of a request, as far as its client was told."""

    ASKED = "asked"
    """No final word came, over all retries: it may have happened once, or not at all."""
    DONE = "done"
    DENIED = "denied"
    """An answer that is right and changed nothing: usage over a limit, a stranger's resource."""
    REFUSED = "refused"
    """A final word that this request should not have got."""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One request, over all its retries.

    Attributes:
        number: the order in which requests were begun.
        kind: like `namespace.create`.
        tenant: the name of the tenant that asked.
        subject: what the client named: a namespace's name or id, a feature, an event's number.
        quantity: how much, where it says.
        id: what the answer named.
        told: status and code of the final word.
        began, ended: seconds on the monotonic clock.
        tries: how often it was sent.
        door: the gateway that gave the final word.
    """

    number: int
    kind: str
    tenant: str
    subject: str
    quantity: int = 0
    state: State = State.ASKED
    id: str = ""
    told: str = ""
    began: float = 0.0
    ended: float = 0.0
    tries: int = 0
    door: str = ""


class Journal:
    """Written as it happens: what was asked stands there before it is sent."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._numbers = itertools.count(1)
        self.entries: dict[int, Entry] = {}

    def ask(self, kind: str, tenant: str, subject: str, quantity: int = 0) -> Entry:
        """Note what is about to be asked."""
        entry = Entry(next(self._numbers), kind, tenant, subject, quantity, began=time.monotonic())
        self._write(entry)
        return entry

    def settle(self, entry: Entry, state: State, **told: Any) -> Entry:
        """Note what became of it."""
        settled = replace(entry, state=state, ended=time.monotonic(), **told)
        self._write(settled)
        return settled

    def since(self, moment: float, kind: str) -> Iterator[Entry]:
        """What was begun after the moment and is done."""
        for entry in reversed(self.entries.values()):
            if entry.began < moment - 120:
                return
            if entry.kind == kind and entry.began > moment and entry.state in {State.DONE, State.DENIED}:
                yield entry

    def _write(self, entry: Entry) -> None:
        self.entries[entry.number] = entry
        self._file.write(orjson.dumps(asdict(entry)) + b"\n")


def read(path: Path) -> list[Entry]:
    """The last word on each entry of a journal's file."""
    lines: Iterable[Mapping[str, Any]] = (orjson.loads(line) for line in path.read_bytes().splitlines())
    entries = {line["number"]: Entry(**{**line, "state": State(line["state"])}) for line in lines}
    return list(entries.values())
