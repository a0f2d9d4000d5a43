"""Commands on namespaces."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from pydantic import JsonValue

from atrium_common.errors import Duplicate, InsufficientPermissions, NotFound, ValidationFailed
from atrium_common.eventing.decider import Loaded
from atrium_common.eventing.transaction import Transaction
from atrium_common.http.route import Call
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import Principal
from atrium_common.store.documents import Condition
from atrium_common.store.ports import ClaimTaken
from atrium_common.store.whole import every_document
from atrium_tenancy.application.access import BOUND, Loader, access, membership
from atrium_tenancy.application.slugs import claim_slug
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.application.workspaces import patched_settings
from atrium_tenancy.domain import namespace as domain
from atrium_tenancy.domain import shelf
from atrium_tenancy.domain.workspace import is_gone
from atrium_tenancy.rows import NAMESPACE, NAMESPACES, SHELF, USER, WORKSPACE

_RACES = 5


@dataclass(frozen=True, slots=True)
class NewNamespace:
    """What a client asks for; owned by the workspace in context unless another owner is named."""

    name: str
    slug: str | None = None
    description: str | None = None
    icon: str | None = None
    color: str | None = None
    owner_type: domain.OwnerType | None = None
    owner_id: str | None = None
    workspace_id: str | None = None
    is_default: bool = False
    is_active: bool = True
    sort_order: int = 0
    settings: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Owner:
    type: domain.OwnerType
    id: str
    workspace_id: str | None


async def create(tenancy: Tenancy, call: Call, wanted: NewNamespace) -> Loaded[domain.Namespace]:
    """Create a namespace of a workspace, or of a user.

    Raises:
        NotFound, InsufficientPermissions, ValidationFailed.
        Duplicate: the owner has one of this slug already.
    """

    async def decide(tx: Transaction, *, outrun: bool) -> JSONObject:
        owner = await _owner(tx, call.principal, wanted)
        namespace_id = tenancy.ids.new("ns")
        slug = await claim_slug(
            tx,
            tenancy.store,
            f"slug/{owner.id}",
            wanted=wanted.slug,
            name=wanted.name,
            stream=NAMESPACE.stream(namespace_id),
            seed=namespace_id,
            outrun=outrun,
        )
        created = domain.NamespaceCreated(
            uuid=str(uuid.uuid4()),
            name=wanted.name,
            slug=slug,
            description=wanted.description,
            icon=wanted.icon,
            color=wanted.color,
            owner_type=owner.type,
            owner_id=owner.id,
            workspace_id=owner.workspace_id,
            is_default=wanted.is_default,
            is_active=wanted.is_active,
            settings=patched_settings({}, wanted.settings),
            sort_order=wanted.sort_order,
            workspace_ids=await _audience(tenancy, owner.id, owner.workspace_id),
            at=tx.at,
        )
        if wanted.is_default:
            await _choose_default(tenancy, tx, owner.id, namespace_id)
        await tx.emit(NAMESPACE, namespace_id, created)
        return {"id": namespace_id}

    for race in range(_RACES):
        try:
            done = await tenancy.repository.transact(call.command, partial(decide, outrun=call.outrun or race > 0))
        except ClaimTaken:
            if wanted.slug:
                break
            continue
        return await done.state(NAMESPACE, str(done.outcome["id"]))
    raise Duplicate("slug", f"The slug {wanted.slug or 'made from the name'} is taken.")


async def read(tenancy: Tenancy, call: Call, namespace_id: str) -> Loaded[domain.Namespace]:
    """The namespace, where the caller may see it.

    Raises:
        NotFound: otherwise.
    """
    return await _visible(tenancy.repository, call.principal, namespace_id)


async def update(
    tenancy: Tenancy, call: Call, namespace_id: str, wanted: Mapping[str, JsonValue]
) -> Loaded[domain.Namespace]:
    """Change a namespace; of `settings` the merge patch's patch is given.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed, ValidationFailed.
        ClaimTaken: the owner has one of this slug already.
    """

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await _visible(tx, call.principal, namespace_id)
        namespace = loaded.there
        _check_writable(call.principal, namespace)
        call.check_version(loaded.version)
        changes = dict(wanted)
        patch = changes.get("settings")
        if isinstance(patch, dict):
            changes["settings"] = patched_settings(namespace.settings, patch)
        slug, stream = str(changes.get("slug", namespace.slug)), NAMESPACE.stream(namespace_id)
        if slug != namespace.slug:
            tx.claim(f"slug/{namespace.owner_id}/{slug}", stream=stream)
            tx.release(f"slug/{namespace.owner_id}/{namespace.slug}", stream=stream)
        if changes.get("is_default", namespace.is_default) != namespace.is_default:
            chosen = namespace_id if changes["is_default"] else None
            await _choose_default(tenancy, tx, namespace.owner_id, chosen)
        audience = await _audience(tenancy, namespace.owner_id, namespace.workspace_id)
        await tx.emit(NAMESPACE, namespace_id, *domain.update(namespace, changes, workspace_ids=audience, at=tx.at))
        return {"id": namespace_id}

    done = await tenancy.repository.transact(call.command, decide)
    return await done.state(NAMESPACE, namespace_id)


async def delete(tenancy: Tenancy, call: Call, namespace_id: str) -> None:
    """Delete a namespace; its slug is free again.

    Raises:
        NotFound, InsufficientPermissions, PreconditionFailed.
    """

    async def decide(tx: Transaction) -> JSONObject:
        loaded = await _visible(tx, call.principal, namespace_id)
        _check_writable(call.principal, loaded.there)
        call.check_version(loaded.version)
        await end(tenancy, tx, namespace_id, loaded.there)
        return {"id": namespace_id}

    await tenancy.repository.transact(call.command, decide)


async def end(tenancy: Tenancy, tx: Transaction, namespace_id: str, namespace: domain.Namespace) -> None:
    """Add the namespace's end to the transaction."""
    audience = await _audience(tenancy, namespace.owner_id, namespace.workspace_id)
    await tx.emit(NAMESPACE, namespace_id, domain.NamespaceDeleted(workspace_ids=audience, at=tx.at))
    tx.release(f"slug/{namespace.owner_id}/{namespace.slug}", stream=NAMESPACE.stream(namespace_id))
    if namespace.is_default:
        await tx.emit(SHELF, namespace.owner_id, shelf.DefaultChosen(namespace_id=None, at=tx.at))


async def own_namespaces(tenancy: Tenancy, workspace_id: str, user_id: str) -> Sequence[str]:
    """The user's own namespaces for which the workspace pays."""
    theirs = (Condition("owner_id", "eq", user_id), Condition("workspace_id", "eq", workspace_id))
    return [row.key async for row in every_document(tenancy.documents, NAMESPACES.name, theirs)]


async def detach(tenancy: Tenancy, tx: Transaction, workspace_id: str, namespace_ids: Iterable[str]) -> None:
    """Let users' own namespaces belong to the workspace no more: for who has left it, it does not pay."""
    for namespace_id in namespace_ids:
        state = (await tx.load(NAMESPACE, namespace_id)).there
        if not state.deleted and state.workspace_id == workspace_id:
            audience = tuple(dict.fromkeys((workspace_id, *await _audience(tenancy, state.owner_id, None))))
            changes = domain.update(state, {"workspace_id": None}, workspace_ids=audience, at=tx.at)
            await tx.emit(NAMESPACE, namespace_id, *changes)


async def _owner(loader: Loader, principal: Principal, wanted: NewNamespace) -> _Owner:
    """Whose the new namespace is, and which workspace it belongs to.

    Raises:
        NotFound, InsufficientPermissions, ValidationFailed.
    """
    if wanted.owner_type == "User":
        return await _user_as_owner(loader, principal, wanted)
    workspace_id = wanted.owner_id or wanted.workspace_id or principal.workspace_id or principal.key_workspace_id
    if wanted.workspace_id not in {None, workspace_id}:
        raise ValidationFailed({"workspace_id": ["A workspace's own namespace belongs to no other: leave it out."]})
    (await access(loader, principal, workspace_id)).require("namespaces:write")
    return _Owner("Workspace", workspace_id, workspace_id)


async def _user_as_owner(loader: Loader, principal: Principal, wanted: NewNamespace) -> _Owner:
    owner_id = wanted.owner_id or principal.user_id
    person = (await loader.load(USER, owner_id)).state
    known = owner_id == principal.user_id or principal.is_operator
    if person is None or person.erased or not known:
        raise NotFound("user", owner_id)
    if wanted.workspace_id is not None:
        (await access(loader, principal, wanted.workspace_id)).require("namespaces:write")
        if await membership(loader, wanted.workspace_id, owner_id) is None:
            raise ValidationFailed({"workspace_id": ["The user is no member of this workspace: add it first."]})
    elif principal.bound:
        # What is the user's alone is no business of a key that belongs to a workspace.
        raise InsufficientPermissions("namespaces:write", BOUND)
    return _Owner("User", owner_id, wanted.workspace_id)


async def _visible(loader: Loader, principal: Principal, namespace_id: str) -> Loaded[domain.Namespace]:
    loaded = await loader.load(NAMESPACE, namespace_id)
    state = loaded.state
    if state is None or state.deleted or not may_see(state, principal):
        raise NotFound("namespace", namespace_id)
    if state.owner_type == "Workspace":
        workspace = (await loader.load(WORKSPACE, state.owner_id)).state
        if workspace is None or is_gone(workspace):
            raise NotFound("namespace", namespace_id)
    return loaded


def may_see(namespace: domain.Namespace, principal: Principal) -> bool:
    """Whether it belongs to the workspace in context, or is the caller's own; the operator sees all."""
    if principal.is_operator:
        return True
    if namespace.workspace_id is not None and namespace.workspace_id == principal.workspace_id:
        return True
    own = namespace.owner_type == "User" and namespace.owner_id == principal.user_id
    return own and not principal.bound


def _check_writable(principal: Principal, namespace: domain.Namespace) -> None:
    """A user's namespace is the user's to change, whatever workspace pays for it."""
    foreign = namespace.owner_type == "User" and namespace.owner_id != principal.user_id
    if foreign and not principal.is_operator:
        raise InsufficientPermissions("namespaces:write", "Only the user whose namespace it is changes it.")


async def _choose_default(tenancy: Tenancy, tx: Transaction, owner_id: str, namespace_id: str | None) -> None:
    """Let the namespace take the place of the owner's default one; None: nothing does."""
    kept = (await tx.load(SHELF, owner_id)).state
    earlier = None if kept is None else kept.default_id
    if earlier == namespace_id:
        return
    if earlier is not None and namespace_id is not None:
        loaded = await tx.load(NAMESPACE, earlier)
        audience = await _audience(tenancy, owner_id, loaded.there.workspace_id)
        await tx.emit(
            NAMESPACE,
            earlier,
            *domain.update(loaded.there, {"is_default": False}, workspace_ids=audience, at=tx.at),
        )
    await tx.emit(SHELF, owner_id, shelf.DefaultChosen(namespace_id=namespace_id, at=tx.at))


async def _audience(tenancy: Tenancy, owner_id: str, workspace_id: str | None) -> tuple[str, ...]:
    """The workspaces that hear of the namespace: its own, or one that is its user's as well.

    Not one that the user merely belongs to: nobody there sees the namespace.
    """
    heard = workspace_id or await tenancy.owned_workspace(owner_id)
    return () if heard is None else (heard,)
