"""The routes of invitations."""

from __future__ import annotations

from datetime import datetime

from atrium_common.clock import parse_rfc3339, rfc3339
from atrium_common.errors import Duplicate, Gone, StateConflict
from atrium_common.http.listing import Filter, Listing
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Condition, Document
from atrium_tenancy import attributes, resources, rows
from atrium_tenancy.application import invitations
from atrium_tenancy.application.access import access
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain.roles import ROLES
from atrium_tenancy.http import bodies
from atrium_tenancy.http.answers import created, refuse_nulls

_STATUSES = ("pending", "accepted", "revoked", "expired")


def invitation_routes(tenancy: Tenancy) -> list[Route]:
    """`/workspaces/{id}/invitations` and `/invitations/accept`."""
    handlers = _Invitations(tenancy)
    listing = Listing(
        fields=tuple(resources.Invitation.model_fields),
        sortable=("created_at", "updated_at", "expires_at"),
        filters={"status": Filter(_STATUSES, applied=False), "role": ROLES},
        searchable=True,
    )
    path, model = f"{BASE}/workspaces/{{workspace_id}}/invitations", resources.Invitation
    one = f"{path}/{{invitation_id}}"
    return [
        Route("GET", path, handlers.index, "List invitations", "members:read", answer=model, listing=listing),
        Route(
            "POST", path, handlers.create, "Invite somebody by e-mail", "members:write", bodies.CreateInvitation,
            resources.NewInvitation, status=201, errors=(Duplicate,),
            description="The `token` is in this answer alone, and good once and for seven days.",
        ),
        Route("GET", one, handlers.read, "Get an invitation", "members:read", answer=model),
        Route(
            "DELETE", one, handlers.revoke, "Take back an invitation", "members:delete", status=204,
            errors=(StateConflict,),
        ),
        Route(
            "POST", f"{BASE}/invitations/accept", handlers.accept, "Accept an invitation", "members:write",
            bodies.AcceptInvitation, resources.Acceptance, errors=(Gone, StateConflict),
            description="With a key of the user who has the address; without one where nobody has it: then the answer"
            " has a first key, once.",
        ),
    ]  # fmt: skip


class _Invitations:
    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def index(self, call: Call) -> Reply:
        """Every invitation to the workspace, whatever became of it."""
        workspace_id = call.params["workspace_id"]
        (await access(self._tenancy.repository, call.principal, workspace_id)).require("members:read")
        where = [Condition("workspace_id", "eq", workspace_id), *_with_status(call)]
        return await call.asked.reply(
            self._tenancy.documents, rows.INVITATIONS.name, where=where, render=lambda row: _shown(row, call.at)
        )

    async def create(self, call: Call) -> Reply:
        body = call.read(bodies.CreateInvitation)
        refuse_nulls(call, "role")
        workspace_id = call.params["workspace_id"]
        made, token = await invitations.create(
            self._tenancy, call, workspace_id, email=body.email, role=body.role, team_id=body.team_id
        )
        shown = {**attributes.of_invitation(made.id, made.there, now=made.there.created_at), "token": token}
        return created(call, f"workspaces/{workspace_id}/invitations/{made.id}", shown, made.version)

    async def read(self, call: Call) -> Reply:
        found = await invitations.read(self._tenancy, call, call.params["workspace_id"], call.params["invitation_id"])
        return Reply.one(attributes.of_invitation(found.id, found.there, now=call.at), version=found.version)

    async def revoke(self, call: Call) -> Reply:
        await invitations.revoke(self._tenancy, call, call.params["workspace_id"], call.params["invitation_id"])
        return Reply.empty()

    async def accept(self, call: Call) -> Reply:
        body = call.read(bodies.AcceptInvitation)
        done = await invitations.accept(self._tenancy, call, body.token, name=body.name)
        answer: JSONObject = {
            **attributes.of_member(done.member.there),
            "user": attributes.of_user(done.user.id, done.user.there),
        }
        if done.api_key is not None:
            answer["api_key"] = attributes.of_api_key(done.api_key.id, done.api_key.there)
            answer["key"] = done.key
        return Reply.one(answer)


def _with_status(call: Call) -> list[Condition]:
    """A row that is `pending` may have expired since it was written."""
    status = call.asked.values.get("status")
    if status is None:
        return []
    if status in {"pending", "expired"}:
        op = "gt" if status == "pending" else "lte"
        return [Condition("status", "eq", "pending"), Condition("expires_at", op, rfc3339(call.at))]  # type: ignore[arg-type]
    return [Condition("status", "eq", status)]


def _shown(row: Document, now: datetime) -> JSONObject:
    shown = rows.shown(row.body)
    if shown["status"] == "pending" and parse_rfc3339(str(shown["expires_at"])) <= now:
        shown["status"] = "expired"
    return shown
