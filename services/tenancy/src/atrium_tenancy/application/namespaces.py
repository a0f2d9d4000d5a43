"""Commands on namespaces."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from atrium_common.errors import Duplicate, NotFound
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.repository import Transaction
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_common.store.ports import ClaimTaken
from atrium_tenancy.application.context import Tenancy, visible_workspace
from atrium_tenancy.application.workspaces import slug_of
from atrium_tenancy.domain import namespace as domain
from atrium_tenancy.rows import NAMESPACE


@dataclass(frozen=True, slots=True)
class NewNamespace:
    """What a client asks for; a workspace owns it unless `owner_type` is User."""

    name: str
    slug: str | None
    description: str | None
    owner_type: domain.OwnerType
    is_default: bool


async def create(tenancy: Tenancy, call: Call, wanted: NewNamespace) -> Loaded[domain.Namespace]:
    """Create a namespace of the workspace in context, or of the caller.

    Raises:
        Duplicate: the owner has one of this slug, or a default one already.
    """
    slug = wanted.slug or slug_of(wanted.name)
    workspace_id = call.principal.workspace_id or call.principal.key_workspace_id
    owned_by_user = wanted.owner_type == "User"
    owner_id = call.principal.user_id if owned_by_user else workspace_id

    async def decide(tx: Transaction) -> JSONObject:
        if not owned_by_user:
            await visible_workspace(tx, call.principal, workspace_id)
        namespace_id = tenancy.ids.new("ns")
        created = domain.NamespaceCreated(
            uuid=str(uuid.uuid4()),
            name=wanted.name,
            slug=slug,
            description=wanted.description,
            owner_type=wanted.owner_type,
            owner_id=owner_id,
            workspace_id=None if owned_by_user else workspace_id,
            is_default=wanted.is_default,
            at=tx.at,
        )
        await tx.emit(NAMESPACE, namespace_id, created)
        stream = NAMESPACE.stream(namespace_id)
        tx.claim(f"namespace_slug/{owner_id}/{slug}", stream=stream)
        if wanted.is_default:
            tx.claim(f"namespace_default/{owner_id}", stream=stream)
        return {"id": namespace_id}

    try:
        done = await tenancy.repository.transact(call.command, decide)
    except ClaimTaken as taken:
        field = "is_default" if taken.claim.startswith("namespace_default") else "slug"
        raise Duplicate(field) from None
    return await done.state(NAMESPACE, str(done.outcome["id"]))


async def read(tenancy: Tenancy, call: Call, namespace_id: str) -> Loaded[domain.Namespace]:
    """The namespace, where the caller may see it.

    Raises:
        NotFound: otherwise.
    """
    loaded = await tenancy.repository.load(NAMESPACE, namespace_id)
    _check_visible(call, namespace_id, loaded.state)
    return loaded


async def update(
    tenancy: Tenancy,
    call: Call,
    namespace_id: str,
    *,
    name: str | None,
    description: str | None,
    is_active: bool | None,
) -> Loaded[domain.Namespace]:
    """Change a namespace.

    Raises:
        NotFound, PreconditionFailed.
    """

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await tx.load(NAMESPACE, namespace_id)
        namespace = _check_visible(call, namespace_id, loaded.state)
        call.check_version(loaded.version)
        events = domain.update(namespace, name=name, description=description, is_active=is_active, at=tx.at)
        await tx.emit(NAMESPACE, namespace_id, *events)
        return {"id": namespace_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(NAMESPACE, namespace_id)


async def delete(tenancy: Tenancy, call: Call, namespace_id: str) -> None:
    """Delete a namespace; its slug is free again.

    Raises:
        NotFound, PreconditionFailed.
    """

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await tx.load(NAMESPACE, namespace_id)
        namespace = _check_visible(call, namespace_id, loaded.state)
        call.check_version(loaded.version)
        await tx.emit(NAMESPACE, namespace_id, *domain.delete(namespace, at=tx.at))
        stream = NAMESPACE.stream(namespace_id)
        made = namespace.created
        tx.release(f"namespace_slug/{made.owner_id}/{made.slug}", stream=stream)
        if made.is_default:
            tx.release(f"namespace_default/{made.owner_id}", stream=stream)
        return {"id": namespace_id}

    await tenancy.repository.transact(call.command, decide)


def _check_visible(call: Call, namespace_id: str, namespace: domain.Namespace | None) -> domain.Namespace:
    if namespace is None or namespace.deleted_at is not None:
        raise NotFound("namespace", namespace_id)
    owner = namespace.created.owner_id
    owners = {call.principal.workspace_id, call.principal.user_id}
    if owner not in owners and not call.principal.is_operator:
        raise NotFound("namespace", namespace_id)
    return namespace
