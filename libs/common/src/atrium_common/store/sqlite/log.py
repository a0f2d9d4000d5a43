"""The event log in SQLite: a row for each commit, and key rows for commands, streams and claims."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence

import orjson

from atrium_common.store.admission import check_expected
from atrium_common.store.commit import Appended, Commit, Held, Proposal, StreamEvent
from atrium_common.store.encoding import Stored, decode, decode_stream, encode
from atrium_common.store.news import News
from atrium_common.store.ports import ClaimTaken
from atrium_common.store.sqlite.reader import Reader
from atrium_common.store.sqlite.writer import Writer

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS commits (
        position INTEGER PRIMARY KEY, command_id TEXT NOT NULL, at TEXT NOT NULL,
        events BLOB NOT NULL, rest BLOB NOT NULL
    )""",
    "CREATE UNIQUE INDEX IF NOT EXISTS commits_command ON commits (command_id)",
    # The commands that a commit settles besides its own.
    """CREATE TABLE IF NOT EXISTS further_commands (
        command_id TEXT PRIMARY KEY, position INTEGER NOT NULL
    ) WITHOUT ROWID""",
    # The version that a stream has after the commit at `position`.
    """CREATE TABLE IF NOT EXISTS streams (
        stream TEXT NOT NULL, version INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (stream, version)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS claims (
        claim TEXT PRIMARY KEY, stream TEXT NOT NULL, position INTEGER NOT NULL
    ) WITHOUT ROWID""",
)

_BUSY_SECONDS = 0.01
_IDLE_SECONDS = 0.05
_TAIL = "SELECT coalesce(max(position), 0) FROM commits"
# The interpreter is shared with the event loop, and each statement has to wait for it: so there are few.
_BEFORE = """SELECT (SELECT max(position) FROM commits), coalesce(
    (SELECT position FROM commits WHERE command_id = :id),
    (SELECT position FROM further_commands WHERE command_id = :id)
), (SELECT max(version) FROM streams WHERE stream = :stream)"""
_ANY_SETTLED = """WITH ids AS (SELECT value AS id FROM json_each(?)) SELECT min(position) FROM (
    SELECT position FROM ids JOIN commits ON command_id = id
    UNION ALL SELECT position FROM ids JOIN further_commands ON command_id = id
)"""
_VERSION = "SELECT max(version) FROM streams WHERE stream = ?"
_FURTHER = "INSERT INTO further_commands SELECT value, ? FROM json_each(?)"
_BY_POSITION = "SELECT position, at, events, rest FROM commits WHERE position = ?"
_BY_COMMAND = """SELECT position, at, events, rest FROM commits WHERE command_id = :id
    OR position = (SELECT position FROM further_commands WHERE command_id = :id)"""
_BY_CLAIM = "SELECT position, at, events, rest FROM claims JOIN commits USING (position) WHERE claim = ?"
_PAGE = "SELECT position, at, events, rest FROM commits WHERE position > ? ORDER BY position LIMIT ?"
_STREAM = """SELECT position, at, events FROM streams JOIN commits USING (position)
    WHERE stream = :stream AND version > :after ORDER BY version"""
# Only as many commits as have so many events: one may have hundreds.
_STREAM_PART = """SELECT position, at, events FROM streams JOIN commits USING (position)
    WHERE stream = :stream AND version > :after AND version <= coalesce(
        (SELECT min(version) FROM streams WHERE stream = :stream AND version >= :after + :limit), 9223372036854775807
    ) ORDER BY version"""
_TURN_BYTES = 100_000
"""How much of a page of the log is decoded at once: about 5 ms."""


class SqliteEventLog:
    """See `EventLog`; several processes may append to one file."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._news = News(self.tail, busy=_BUSY_SECONDS, idle=_IDLE_SECONDS)

    def notify(self) -> None:
        """Wake who waits for news: this process has committed something."""
        self._news.tell()

    async def append(self, proposal: Proposal) -> Appended:
        """See `EventLog.append`."""
        stored = encode(proposal)
        return await self._writer.do(lambda connection: _append(connection, proposal, stored))

    async def find(self, command_id: str) -> Commit | None:
        """See `EventLog.find`."""
        return self._reader.point(lambda connection: _find(connection, command_id))

    async def holder(self, claim: str) -> Commit | None:
        """See `EventLog.holder`."""
        row = self._reader.point(lambda connection: connection.execute(_BY_CLAIM, (claim,)).fetchone())
        return None if row is None else decode(*row)

    async def read_stream(self, stream: str, *, after: int = 0, limit: int | None = None) -> Sequence[StreamEvent]:
        """See `EventLog.read_stream`."""
        statement, values = _STREAM, {"stream": stream, "after": after}
        if limit is not None:
            statement, values = _STREAM_PART, {**values, "limit": limit}
        rows = self._reader.point(lambda connection: connection.execute(statement, values).fetchall())
        return decode_stream(rows, stream, after=after, limit=limit)

    async def read_log(self, *, after: int, limit: int) -> Sequence[Commit]:
        """See `EventLog.read_log`."""
        rows = await self._reader.scan(lambda connection: connection.execute(_PAGE, (after, limit)).fetchall())
        commits = []
        decoded = 0
        for row in rows:
            commits.append(decode(*row))
            decoded += len(row[2]) + len(row[3])
            if decoded >= _TURN_BYTES:  # who waits for an answer is not to wait for a whole page
                decoded = 0
                await asyncio.sleep(0)
        return commits

    async def tail(self) -> int:
        """See `EventLog.tail`."""
        return self._reader.point(_tail)

    async def changed(self, *, after: int, timeout: float) -> bool:
        """See `EventLog.changed`: own commits wake at once, others' within 10 ms, or 50 in a quiet time."""
        return await self._news.wait(after=after, timeout=timeout)

    async def release(self, claim: str, *, stream: str, before: int) -> bool:
        """See `EventLog.release`."""
        return await self._writer.do(
            lambda connection: (
                connection.execute(
                    "DELETE FROM claims WHERE claim = ? AND stream = ? AND position < ?", (claim, stream, before)
                ).rowcount
                > 0
            )
        )

    async def held(self) -> Mapping[str, Held]:
        """See `EventLog.held`."""
        rows = await self._reader.scan(
            lambda connection: connection.execute("SELECT claim, stream, position FROM claims").fetchall()
        )
        return {claim: Held(stream, position) for claim, stream, position in rows}


def _append(connection: sqlite3.Connection, proposal: Proposal, stored: Stored) -> Appended:
    first, *more = proposal.slices or (None,)
    asked = {"id": proposal.command_id, "stream": first.stream if first else None}
    tail, settled, version = connection.execute(_BEFORE, asked).fetchone()
    further = orjson.dumps(proposal.command_ids[1:]).decode() if proposal.further else None
    if settled is None and further is not None:
        (settled,) = connection.execute(_ANY_SETTLED, (further,)).fetchone()
    if settled is not None:
        return Appended(decode(*connection.execute(_BY_POSITION, (settled,)).fetchone()), replayed=True)
    if first is not None:
        check_expected(first, version or 0)
    for part in more:
        (version,) = connection.execute(_VERSION, (part.stream,)).fetchone()
        check_expected(part, version or 0)
    for claim in proposal.claims:
        held = connection.execute("SELECT stream, position FROM claims WHERE claim = ?", (claim.key,)).fetchone()
        if held is not None:
            raise ClaimTaken(claim.key, *held)
    position = (tail or 0) + 1
    connection.execute(
        "INSERT INTO commits VALUES (?, ?, ?, ?, ?)",
        (position, proposal.command_id, stored.at, stored.events, stored.rest),
    )
    for part in proposal.slices:
        if part.events:
            version = part.expected + len(part.events)
            connection.execute("INSERT INTO streams VALUES (?, ?, ?)", (part.stream, version, position))
    if further is not None:
        connection.execute(_FURTHER, (position, further))
    for claim in proposal.claims:
        connection.execute("INSERT INTO claims VALUES (?, ?, ?)", (claim.key, claim.stream, position))
    return Appended(Commit(position, proposal), replayed=False)


def _find(connection: sqlite3.Connection, command_id: str) -> Commit | None:
    row = connection.execute(_BY_COMMAND, {"id": command_id}).fetchone()
    return None if row is None else decode(*row)


def _tail(connection: sqlite3.Connection) -> int:
    (position,) = connection.execute(_TAIL).fetchone()
    return int(position)
