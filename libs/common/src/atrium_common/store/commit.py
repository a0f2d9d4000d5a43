"""The commit: the only unit of atomicity (design/architecture.md, "a commit is one document")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from atrium_common.jsontypes import JSON, JSONObject


@dataclass(frozen=True, slots=True)
class Publication:
    """What an event looks like outside its service: the form that goes onto the bus.

    Attributes:
        type: the public event type, like `workspace.updated`.
        data: the CloudEvent's data; personal values in it are sealed as in the event.
        key: the partition key: the workspace id, or the stream where no single workspace owns the event.
        workspace_ids: the workspaces whose endpoints may receive it, as decided at commit time.
        livemode: False for test-mode data; None for resources that both modes share.
        workspace_id: the one workspace that it belongs to, or None.
    """

    type: str
    data: JSONObject
    key: str
    workspace_ids: tuple[str, ...] = ()
    livemode: bool | None = None
    workspace_id: str | None = None


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event as stored. Its version is its place in the slice, its time the commit's."""

    id: str
    type: str
    schema: int
    data: JSONObject
    publication: Publication | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """The events that a commit adds to one stream, which must be at version `expected`."""

    stream: str
    expected: int
    events: tuple[EventRecord, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that may exist once, held by a stream of the same commit until that stream releases it."""

    key: str
    stream: str


@dataclass(frozen=True, slots=True)
class Held:
    """A claim that is held: by which stream, since which position."""

    stream: str
    position: int


@dataclass(frozen=True, slots=True)
class Release:
    """A stream's word that it gives up a claim which it holds."""

    key: str
    stream: str


@dataclass(frozen=True, slots=True)
class Meta:
    """Where a commit came from. `actor` is like `user/usr_…`, `key/key_…` or `service/webhooks`."""

    actor: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Further:
    """One more command that the same commit settles, with an outcome of its own."""

    command_id: str
    outcome: JSON = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A commit before it has a position.

    Attributes:
        command_id: one command id makes one commit, ever.
        at: when it was decided, aware, UTC.
        slices: at most one for each stream; may be empty (a command that changed nothing but must be remembered).
        claims: keys to claim; refused if any is held.
        releases: claims that streams of this commit give up; freed by `EventLog.release` afterwards.
        outcome: what the command answered: ids, versions, status; secrets sealed.
        further: other commands that were decided with this one. Each of their ids makes one commit, ever, too.
    """

    command_id: str
    at: datetime
    slices: tuple[Slice, ...]
    claims: tuple[Claim, ...] = ()
    releases: tuple[Release, ...] = ()
    outcome: JSON = None
    meta: Meta = field(default_factory=Meta)
    further: tuple[Further, ...] = ()

    @property
    def command_ids(self) -> tuple[str, ...]:
        """The ids of all commands that it settles."""
        return (self.command_id, *(command.command_id for command in self.further))

    def outcome_of(self, command_id: str) -> JSON:
        """What this one of its commands answered.

        Raises:
            LookupError: it settles no such command.
        """
        if command_id == self.command_id:
            return self.outcome
        for command in self.further:
            if command.command_id == command_id:
                return command.outcome
        raise LookupError(command_id)


@dataclass(frozen=True, slots=True)
class Commit:
    """A proposal that has its position in the log. Immutable for ever.

    Attributes:
        size: bytes of its stored form, where it was read from a store; else 0.
    """

    position: int
    proposal: Proposal
    size: int = field(default=0, compare=False, repr=False)

    @property
    def versions(self) -> Mapping[str, int]:
        """The version that each stream has after this commit."""
        return {part.stream: part.expected + len(part.events) for part in self.proposal.slices}


@dataclass(frozen=True, slots=True)
class Appended:
    """The answer to an append: the command's commit, and whether an earlier call had made it."""

    commit: Commit
    replayed: bool


class StreamEvent(NamedTuple):
    """One event with its place in its stream and in the log, as folding needs it: without its public form.

    A tuple, since a load makes thousands of them.
    """

    stream: str
    version: int
    position: int
    at: datetime
    id: str
    type: str
    schema: int
    data: JSONObject
