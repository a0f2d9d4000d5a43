"""Tenancy's events: facts about namespaces, workspaces and users, for the projection and for this process's memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from atrium_common.bus.ports import Bus, Message
from atrium_common.jsontypes import JSONObject
from atrium_entitlements.application.cascades import Cascades
from atrium_entitlements.application.known_facts import KnownFacts
from atrium_entitlements.domain.facts import Facts, namespace_facts, user_facts, workspace_facts

TOPIC = "tenancy.events"
_LIMIT = 500
_PATIENCE = 1.0


def facts_of(message: Message) -> Facts | None:
    """The facts that an event tells, or None where it is about something else."""
    kind, _, action = message.type.partition(".")
    if kind not in {"namespace", "workspace", "user"}:
        return None
    resource = cast("JSONObject", message.data["object"])
    about, given = str(resource["id"]), cast("JSONObject", resource["attributes"])
    if kind == "namespace":
        return namespace_facts(about, message.sequence, given, deleted=action == "deleted")
    if kind == "user":
        return user_facts(about, message.sequence, given, deleted=action == "deleted")
    settings = given.get("settings")
    zone = settings.get("timezone") if isinstance(settings, dict) else None
    told = {**given, "status": "deleted"} if action == "deleted" else given
    return workspace_facts(about, message.sequence, told, zone=zone)


def trimmed(message: Message) -> Message:
    """The message without what is personal or not read here."""
    if message.type.partition(".")[0] != "user":
        return message
    resource = cast("JSONObject", message.data["object"])
    tier = cast("JSONObject", resource["attributes"]).get("tier")
    data: JSONObject = {"object": {"id": resource["id"], "type": "user", "attributes": {"tier": tier or "free"}}}
    return replace(message, data=data)


class TenancyReader:
    """Puts what tenancy tells into the projection, and carries it on to the accounts: one consumer for all replicas."""

    def __init__(self, known: KnownFacts, cascades: Cascades) -> None:
        self._known = known
        self._cascades = cascades

    async def handle(self, message: Message) -> None:
        """Store the event's facts, then let the accounts feel what has become of their holder."""
        fact = facts_of(message)
        if fact is not None:
            await self._known.store([fact])
        await self._cascades.handle(message)


class FactsFollower:
    """Keeps this process's memory current: every replica reads the stream for itself, from now on."""

    def __init__(self, known: KnownFacts, bus: Bus) -> None:
        self._known = known
        self._bus = bus

    async def run(self) -> None:
        """Follow for ever."""
        subscription = await self._bus.subscribe([TOPIC], group=None, start="latest")
        try:
            # What happened between two subscriptions was missed.
            self._known.forget()
            while True:
                batch = await subscription.receive(limit=_LIMIT, timeout=_PATIENCE)
                self.take([received.message for received in batch])
        finally:
            await subscription.close()

    def take(self, messages: Sequence[Message]) -> None:
        """Take in what these tell."""
        self._known.remember(fact for message in messages if (fact := facts_of(message)) is not None)
        for message in messages:
            if message.type.startswith("member."):
                self._known.forget_namespaces(str(cast("JSONObject", message.data["object"])["id"]))
