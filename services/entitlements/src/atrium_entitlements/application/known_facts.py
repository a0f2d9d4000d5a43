"""What this process knows of tenancy: a bounded memory of facts, in front of the projection that all replicas share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import cast

from pydantic import TypeAdapter

from atrium_common.errors import GatewayTimeout, Unavailable
from atrium_common.http.client import ServiceClient
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Collection, Condition, Document, Index, Newer, Put, Query
from atrium_common.store.ports import Documents
from atrium_entitlements.domain.facts import (
    Facts,
    NamespaceFacts,
    UserFacts,
    WorkspaceFacts,
    namespace_facts,
    user_facts,
    workspace_facts,
)

FACTS = Collection("tenancy_facts", (Index(("owner_id",)),))
_REMEMBERED = 50_000
_PAGE = 500
_KINDS: Mapping[str, TypeAdapter[Facts]] = {
    "namespace": TypeAdapter(NamespaceFacts),
    "workspace": TypeAdapter(WorkspaceFacts),
    "user": TypeAdapter(UserFacts),
}


class KnownFacts:
    """Facts by id, each at the newest version that was heard of."""

    def __init__(self, documents: Documents, tenancy: ServiceClient, *, size: int = _REMEMBERED) -> None:
        self._documents = documents
        self._tenancy = tenancy
        self._size = size
        self._known: OrderedDict[str, Facts] = OrderedDict()
        self._of_users: dict[str, set[str]] = {}

    def remember(self, facts: Iterable[Facts]) -> None:
        """Take these in, each unless a newer one is known."""
        for fact in facts:
            known = self._known.get(fact.id)
            if known is None or _newer(fact, known):
                self._known[fact.id] = fact
                self._known.move_to_end(fact.id)
                if isinstance(fact, NamespaceFacts) and fact.owner_type == "User":
                    self._of_users.setdefault(fact.owner_id, set()).add(fact.id)
        while len(self._known) > self._size:
            self._drop(next(iter(self._known)))

    def forget(self) -> None:
        """Start anew: something may have been missed."""
        self._known.clear()
        self._of_users.clear()

    def forget_namespaces(self, user_id: str) -> None:
        """Ask anew about a user's own namespaces: who pays for them hangs on where the user belongs."""
        for namespace_id in tuple(self._of_users.get(user_id, ())):
            self._drop(namespace_id)

    def get(self, id: str | None) -> Facts | None:
        """What is in memory of this id."""
        return self._known.get(id or "")

    async def store(self, facts: Iterable[Facts]) -> None:
        """Put these into the projection, each unless a newer one is there."""
        await self._documents.write([Put(FACTS.name, fact.id, _body(fact), fact.version, Newer()) for fact in facts])

    async def look_up(self, *ids: str) -> None:
        """Take in what the projection has of these."""
        found = await self._documents.get_many(FACTS.name, ids)
        self.remember(_read(document) for document in found.values())

    async def ask(self, *, namespace_id: str | None = None, workspace_id: str | None = None) -> None:
        """Take in what tenancy says of a namespace and all it hangs on, or of a workspace.

        Raises:
            Unavailable, GatewayTimeout: tenancy does not answer.
        """
        self.remember(await self._answer(namespace_id, workspace_id, None))

    async def told_of(
        self, moment: datetime, *, namespace_id: str | None = None, workspace_id: str | None = None
    ) -> Mapping[str, Facts]:
        """What tenancy says was so at that moment, by id; nothing of what there was not.

        Raises:
            Unavailable, GatewayTimeout: tenancy does not answer.
        """
        answer = await self._answer(namespace_id, workspace_id, moment)
        return {fact.id: fact for fact in answer}

    async def local(self, *, namespace_id: str | None = None, workspace_id: str | None = None) -> None:
        """Take in what is known here already of a namespace and all it hangs on, or of a workspace."""
        await self.look_up(namespace_id or workspace_id or "")
        namespace = self.get(namespace_id)
        if isinstance(namespace, NamespaceFacts):
            await self.look_up(namespace.owner_id, namespace.billing_workspace_id or namespace.owner_id)

    async def owned_by(self, owner_id: str) -> list[str]:
        """The namespaces of a workspace or user that the projection knows."""
        found: list[str] = []
        after: tuple[str, ...] | None = None
        while True:
            query = Query((Condition("owner_id", "eq", owner_id),), after=after, limit=_PAGE)
            page = await self._documents.query(FACTS.name, query)
            found += [document.key for document in page]
            if len(page) < _PAGE:
                return found
            after = (page[-1].key,)

    def _drop(self, id: str) -> None:
        fact = self._known.pop(id, None)
        if isinstance(fact, NamespaceFacts) and fact.owner_type == "User":
            theirs = self._of_users[fact.owner_id]
            theirs.discard(id)
            if not theirs:
                del self._of_users[fact.owner_id]

    async def _answer(self, namespace_id: str | None, workspace_id: str | None, as_of: datetime | None) -> list[Facts]:
        asked: JSONObject = {
            "namespace_ids": [namespace_id] if namespace_id else [],
            "workspace_ids": [workspace_id] if workspace_id else [],
            **({} if as_of is None else {"as_of": as_of.isoformat()}),
        }
        answer = await self._tenancy.call("POST", "/internal/holders/resolve", asked, reads=True)
        return [
            fact
            for kind in ("namespaces", "workspaces")
            for holder_id, told in cast("dict[str, JSONObject]", answer[kind]).items()
            for fact in told_facts(kind.removesuffix("s"), holder_id, told)
        ]


async def asked_or_known(
    facts: KnownFacts, *, namespace_id: str | None = None, workspace_id: str | None = None
) -> None:
    """Ask tenancy; where it does not answer, what is known here must do.

    Raises:
        Unavailable: nothing is.
    """
    try:
        await facts.ask(namespace_id=namespace_id, workspace_id=workspace_id)
    except (Unavailable, GatewayTimeout):
        await facts.local(namespace_id=namespace_id, workspace_id=workspace_id)
        if facts.get(namespace_id or workspace_id) is None:
            raise


def told_facts(kind: str, id: str, told: JSONObject) -> list[Facts]:
    """The facts in what tenancy, or the gateway in its name, tells of a namespace or a workspace."""
    if kind == "workspace":
        return [workspace_facts(id, _version(told), told, zone=told.get("timezone"))]
    facts: list[Facts] = [namespace_facts(id, _version(told), told, deleted=bool(told.get("deleted")))]
    workspace, user = told.get("workspace"), told.get("user")
    if isinstance(workspace, dict):
        facts.append(
            workspace_facts(str(workspace["id"]), _version(workspace), workspace, zone=workspace.get("timezone"))
        )
    if isinstance(user, dict):
        facts.append(user_facts(str(user["id"]), _version(user), user, deleted=bool(user.get("deleted"))))
    return facts


def _newer(fact: Facts, known: Facts) -> bool:
    # Who pays for a user's own namespace changes without it, with the workspaces of the user: who tells it last knows.
    tells = isinstance(fact, NamespaceFacts) and fact.complete
    return fact.version > known.version or (tells and fact.version == known.version)


def _version(told: JSONObject) -> int:
    version = told.get("version")
    return version if isinstance(version, int) else 0


def _body(fact: Facts) -> JSONObject:
    kind = {NamespaceFacts: "namespace", WorkspaceFacts: "workspace", UserFacts: "user"}[type(fact)]
    return {"kind": kind, **asdict(fact)}


def _read(document: Document) -> Facts:
    body = dict(document.body)
    return _KINDS[str(body.pop("kind"))].validate_python(body)
