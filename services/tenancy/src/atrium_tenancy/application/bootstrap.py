"""The first user, workspace and key of an installation: the operator's."""

from __future__ import annotations

from dataclasses import dataclass

from atrium_common import api_keys as form
from atrium_common.errors import NotFound
from atrium_common.eventing.personal import Personal
from atrium_common.eventing.repository import Command, Transaction
from atrium_common.eventing.vault import day_subject
from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import OPERATOR
from atrium_common.store.commit import Meta
from atrium_tenancy.application.api_keys import shown_once
from atrium_tenancy.application.context import Tenancy
from atrium_tenancy.domain import api_key, user, workspace
from atrium_tenancy.rows import API_KEY, USER, WORKSPACE

_EMAIL = "operator@localhost"
_COMMAND = "bootstrap/operator"


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs the platform; `key` is None once it may not be shown any more."""

    user_id: str
    workspace_id: str
    key_id: str
    key: str | None


async def bootstrap(tenancy: Tenancy) -> Operator:
    """Create the operator, once for ever; a repeated call answers the same."""

    async def decide(tx: Transaction) -> JSONObject:
        user_id, workspace_id, key_id = (tenancy.ids.new(prefix) for prefix in ("usr", "wks", "key"))
        name, email = Personal(user_id, "Operator"), Personal(user_id, _EMAIL)
        await tx.emit(USER, user_id, user.UserRegistered(name=name, email=email, tier="enterprise", at=tx.at))
        tx.claim(tenancy.email_claim(_EMAIL), stream=USER.stream(user_id))
        created = workspace.WorkspaceCreated(
            name="Operator", slug="operator", tier="enterprise", settings={}, owner_id=user_id, at=tx.at
        )
        await tx.emit(WORKSPACE, workspace_id, created)
        tx.claim("slug/operator", stream=WORKSPACE.stream(workspace_id))
        key = form.generate("live")
        given = api_key.ApiKeyCreated(
            name="Operator's first key",
            workspace_id=workspace_id,
            user_id=user_id,
            bound=False,
            environment="live",
            digest=form.digest(key),
            last4=key[-4:],
            scopes=("*", OPERATOR),
            rate_limit_tier="enterprise",
            rate_limit=api_key.RateLimit(requests=1_000_000_000, burst=1_000_000),
            at=tx.at,
        )
        await tx.emit(API_KEY, key_id, given)
        tx.claim(f"digest/{given.digest}", stream=API_KEY.stream(key_id))
        return {
            "user_id": user_id,
            "workspace_id": workspace_id,
            "key_id": key_id,
            "key": Personal(day_subject(tx.at), key).marked(),
        }

    command = Command(_COMMAND, tenancy.clock.now(), Meta(actor="service/tenancy"))
    done = await tenancy.repository.transact(command, decide)
    outcome = done.outcome
    return Operator(
        str(outcome["user_id"]), str(outcome["workspace_id"]), str(outcome["key_id"]), shown_once(outcome["key"])
    )


async def who_operates(tenancy: Tenancy) -> tuple[str, str]:
    """The ids of the operator's user and workspace.

    Raises:
        NotFound: the installation has no operator yet.
    """
    done = await tenancy.repository.find(_COMMAND)
    if done is None:
        raise NotFound("user", "operator")
    return str(done.outcome["user_id"]), str(done.outcome["workspace_id"])
