"""The first user, workspace and key of an installation: the operator's."""

from __future__ import annotations

from dataclasses import dataclass

from atrium_common.errors import NotFound
from atrium_common.eventing.personal import Personal
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import EVERYTHING, OPERATOR
from atrium_common.store.commit import Meta
from atrium_tenancy.application.giving import give
from atrium_tenancy.application.key_usage import last_used
from atrium_tenancy.application.seats import open_roster, seat
from atrium_tenancy.application.shown_once import shown_once
from atrium_tenancy.application.tenancy import Tenancy
from atrium_tenancy.domain import api_key, user, workspace
from atrium_tenancy.rows import USER, WORKSPACE

_EMAIL = "operator@localhost"
_COMMAND = "bootstrap/operator"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the platform; `key` is None once it was used, or may not be shown any more."""

    user_id: str
    workspace_id: str
    key_id: str
    key: str | None


async def bootstrap(tenancy: Tenancy) -> Operator:
    """Create the operator, once for ever; a repeated call answers the same.

    The key is shown again only to who may have missed it: once it has been used somebody has it, and it is no other
    service's business.
    """

    async def decide(tx: Transaction) -> JSONObject:
        user_id, workspace_id = tenancy.ids.new("usr"), tenancy.ids.new("wks")
        registered = user.UserRegistered(
            name=Personal(user_id, "Operator"),
            email=Personal(user_id, _EMAIL),
            tier="enterprise",
            workspace_ids=(workspace_id,),
            at=tx.at,
        )
        await tx.emit(USER, user_id, registered)
        tx.claim(tenancy.email_claim(_EMAIL), stream=USER.stream(user_id))
        created = workspace.WorkspaceCreated(
            name="Operator", slug="operator", tier="enterprise", settings={}, owner_id=user_id, at=tx.at
        )
        await tx.emit(WORKSPACE, workspace_id, created)
        tx.claim("slug/operator", stream=WORKSPACE.stream(workspace_id))
        await open_roster(tx, workspace_id, ids=tenancy.ids)
        await seat(tx, workspace_id, user_id, "owner")
        given = await give(
            tenancy,
            tx,
            user_id=user_id,
            workspace_id=workspace_id,
            bound=False,
            environment="live",
            settings=api_key.Settings(
                name="Operator's first key",
                scopes=(EVERYTHING, OPERATOR),
                rate_limit_tier="enterprise",
                rate_limit=api_key.RateLimit(requests=1_000_000_000, burst=1_000_000),
            ),
        )
        return {"user_id": user_id, "workspace_id": workspace_id, **given}

    command = Command(_COMMAND, tenancy.clock.now(), Meta(actor="service/tenancy"))
    done = await tenancy.repository.transact(command, decide)
    outcome, key_id = done.outcome, str(done.outcome["key_id"])
    used = done.replayed and key_id in await last_used(tenancy.documents, [key_id])
    key = None if used else shown_once(outcome["key"])
    return Operator(str(outcome["user_id"]), str(outcome["workspace_id"]), key_id, key)


async def who_operates(tenancy: Tenancy) -> tuple[str, str]:
    """The ids of the operator's user and workspace.

    Raises:
        NotFound: the installation has no operator yet.
    """
    done = await tenancy.repository.find(_COMMAND)
    if done is None:
        raise NotFound("user", "operator")
    return str(done.outcome["user_id"]), str(done.outcome["workspace_id"])
