"""The routes of users."""

from __future__ import annotations

from atrium_common.errors import Duplicate, StateConflict
from atrium_common.eventing.decider import Loaded
from atrium_common.http.batch import batch_route
from atrium_common.http.listing import Filter, Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.store.documents import Condition
from atrium_tenancy import attributes, resources, rows
from atrium_tenancy.application import erasure, invitations, users
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.application.visibility import members_of
from atrium_tenancy.domain.tiers import TIERS
from atrium_tenancy.domain.user import Changes, User
from atrium_tenancy.http import bodies
from atrium_tenancy.http.answers import created, refuse_nulls, shown

LISTING = Listing(
    fields=tuple(resources.User.model_fields),
    sortable=("created_at", "updated_at", "name", "email", "tier"),
    filters={"tier": TIERS, "email": Filter("text", applied=False)},
    searchable=True,
)


def user_routes(tenancy: Tenancy) -> list[Route]:
    """`/user` and `/users`."""
    handlers = _Users(tenancy)
    path, one, model = f"{BASE}/users", f"{BASE}/users/{{user_id}}", resources.User
    updating = Route(
        "PATCH", one, handlers.update, "Change a user", "users:write", bodies.UpdateUser, model, errors=(Duplicate,),
        description="Yourself by a key of your own; the name of a member as an admin; anything with `admin:*`.",
    )  # fmt: skip
    return [
        Route("GET", f"{BASE}/user", handlers.me, "Get the user of the key", answer=model, single=LISTING),
        Route(
            "GET", path, handlers.index, "List the members of the workspace in context", "users:read", answer=model,
            listing=LISTING, permission="users:read",
        ),
        Route(
            "POST", path, handlers.create, "Add a person to the workspace in context", "users:write",
            bodies.CreateUser, model, status=201, errors=(Duplicate,), otherwise={202: resources.NewInvitation},
            description="Where somebody has the e-mail address already: 202, and an invitation instead.",
        ),
        batch_route(path, {"update": updating}, parameter="user_id", repository=tenancy.repository),
        Route("GET", one, handlers.read, "Get a user", "users:read", answer=model, single=LISTING),
        updating,
        Route(
            "DELETE", one, handlers.erase, "Erase a user and all personal data, for good", "users:delete", status=204,
            errors=(StateConflict,),
        ),
    ]  # fmt: skip


class _Users:
    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def me(self, call: Call) -> Reply:
        """Whoever holds the key."""
        return _one(await users.read(self._tenancy, call, call.principal.user_id))

    async def index(self, call: Call) -> Reply:
        """The members of the workspace in context."""
        workspace_id = call.principal.workspace_id or call.principal.key_workspace_id
        where = [Condition("_key", "in", members_of(workspace_id))]
        email = call.asked.values.get("email")
        if email is not None:
            # Whose an address is, in whatever case, its claim tells.
            known = await self._tenancy.claimant(self._tenancy.email_claim(bodies.composed(str(email))))
            where.append(Condition("_key", "eq", known or ""))
        return await call.asked.reply(self._tenancy.documents, rows.USERS.name, where=where, render=shown)

    async def create(self, call: Call) -> Reply:
        body = call.read(bodies.CreateUser)
        refuse_nulls(call, "role")
        wanted = users.NewUser(body.name, body.email, body.role, body.tier, body.email_verified_at)
        done = await users.create(self._tenancy, call, wanted)
        if "id" in done.outcome:
            made = await done.state(rows.USER, str(done.outcome["id"]))
            return created(call, f"users/{made.id}", attributes.of_user(made.id, made.there), made.version)
        invitation, token = await invitations.invited(done)
        told = {**attributes.of_invitation(invitation.id, invitation.there, now=call.at), "token": token}
        path = f"workspaces/{invitation.there.workspace_id}/invitations/{invitation.id}"
        return Reply.accepted(told, location=f"{call.public_base}{BASE}/{path}")

    async def read(self, call: Call) -> Reply:
        return _one(await users.read(self._tenancy, call, call.params["user_id"]))

    async def update(self, call: Call) -> Reply:
        body = call.read(bodies.UpdateUser)
        given = frozenset(body.model_fields_set)
        wanted = Changes(
            name=body.name,
            email=body.email,
            tier=body.tier,
            email_verified_at=body.email_verified_at,
            unverified="email_verified_at" in given and body.email_verified_at is None,
        )
        return _one(await users.update(self._tenancy, call, call.params["user_id"], wanted, given=given))

    async def erase(self, call: Call) -> Reply:
        await erasure.erase(self._tenancy, call, call.params["user_id"])
        return Reply.empty()


def _one(loaded: Loaded[User]) -> Reply:
    return Reply.one(attributes.of_user(loaded.id, loaded.there), version=loaded.version)
