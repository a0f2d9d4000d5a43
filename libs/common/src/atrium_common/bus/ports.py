"""What a service asks of the event stream: publish to a topic, subscribe to topics.

spec/webhooks.md, "The event stream". Adapters: `log` (this machine: reads the other service's log), `kafka`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from atrium_common.jsontypes import JSONObject

Start: TypeAlias = Literal["earliest", "latest"]


@dataclass(frozen=True, slots=True)
class Message:
    """A CloudEvent on its way.

    Attributes:
        id: `evt_…`; repeats of a message have the same.
        type: the event type, like `workspace.created`.
        source: the service, like `/tenancy`.
        subject: the stream, like `workspace/wks_…`.
        time: when it was committed.
        key: the partition key; messages of one key stay in order.
        data: the JSON of `data`, in the clear.
        workspace_id: the workspace that it belongs to, or None.
        workspace_ids: the workspaces whose endpoints may receive it.
        sequence: its version in the stream.
        position: its commit's position in the service's log.
        livemode: False for test data; None where both modes share the resource.
        actor, correlation_id, causation_id, traceparent: where it came from.
        schema: the schema number of the public type.
        personal: which values of `data` are about a person, by JSON Pointer (RFC 6901), each with the subject whose
            erasure forgets it. Whoever keeps the message keeps these sealed (`atrium_common.eventing.personal`).
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    key: str
    data: JSONObject
    workspace_id: str | None = None
    workspace_ids: tuple[str, ...] = ()
    sequence: int = 0
    position: int = 0
    livemode: bool | None = None
    actor: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    schema: int = 1
    personal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """A message with its place: offsets ascend within a topic's partition."""

    topic: str
    partition: int
    offset: int
    message: Message


class Subscription(Protocol):
    """One consumer's reading of topics: at least once, in order within a key."""

    @property
    def turn(self) -> int:
        """Another number whenever what is received from now on may be what another member of the group has read before.

        What that one has done is then to be looked up; what it has committed does not come any more.
        """
        ...

    async def receive(self, *, limit: int, timeout: float) -> Sequence[Received]:
        """Up to `limit` next messages, as soon as there is one; empty after `timeout` seconds without any.

        Raises:
            BusUnavailable: the stream can't be read now; call again.
        """
        ...

    async def commit(self, received: Sequence[Received]) -> None:
        """Note that these, and all before them in their partitions, are done: no restart gives them again.

        A consumer that has lost a partition in the meantime commits nothing for it, silently: its messages come again
        elsewhere.
        """
        ...

    def current(self, *, within: float) -> bool:
        """Whether everything that was published up to `within` seconds ago has been received."""
        ...

    async def close(self) -> None:
        """Leave the group, so that others take over at once. Idempotent."""
        ...


class Bus(Protocol):
    """The event stream of the suite."""

    async def open(self) -> None:
        """Connect.

        Raises:
            BusUnavailable: no broker answers.
        """
        ...

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Put the messages onto the topic in this order; durable when this returns.

        Raises:
            BusUnavailable: some, all or none are on it; publishing all of them again is right.
        """
        ...

    async def heartbeat(self, topic: str, position: int) -> None:
        """Tell the topic's readers that its log has been published up to `position`."""
        ...

    async def subscribe(self, topics: Sequence[str], *, group: str | None, start: Start) -> Subscription:
        """Read topics as a member of `group`, which shares the work and remembers how far it is.

        A new group begins at `start`. Without a group the reader is alone, receives everything from `start` on, and
        remembers nothing.
        """
        ...

    async def close(self) -> None:
        """Let go of everything. Idempotent."""
        ...


class BusUnavailable(Exception):
    """The event stream can't be used now; the text says why, without secrets."""


class BusRefused(BusUnavailable):
    """The event stream will not have us as we are set up; trying again helps nothing, the text says what to set."""
