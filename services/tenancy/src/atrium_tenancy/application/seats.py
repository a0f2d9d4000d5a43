"""Seating: a membership and its workspace's roster change together, or neither does."""

from __future__ import annotations

from atrium_common.errors import NotFound, StateConflict, ValidationFailed
from atrium_common.eventing.transaction import Transaction
from atrium_common.ids import Ids
from atrium_tenancy.domain import roles, roster, team, workspace
from atrium_tenancy.domain.member import Member, MemberAdded, MemberRemoved, MemberUpdated, key_of
from atrium_tenancy.domain.roles import Role
from atrium_tenancy.domain.roster import Roster, Seat
from atrium_tenancy.rows import MEMBER, ROSTER, TEAM, USER, WORKSPACE


async def open_roster(tx: Transaction, workspace_id: str, *, ids: Ids) -> None:
    """Give a new workspace its system teams."""
    teams: dict[Role, str] = {}
    for role in roles.ROLES:
        teams[role] = ids.new("team")
        created = team.TeamCreated(
            workspace_id=workspace_id, name=role, permissions=roles.PERMISSIONS[role], is_system=True, at=tx.at
        )
        await tx.emit(TEAM, teams[role], created)
        tx.claim(team_name_claim(workspace_id, role), stream=TEAM.stream(teams[role]))
    await tx.emit(ROSTER, workspace_id, roster.RosterOpened(teams=teams, at=tx.at))


async def seat(
    tx: Transaction,
    workspace_id: str,
    user_id: str,
    role: Role,
    *,
    team_id: str | None = None,
    custom_permissions: tuple[str, ...] | None = None,
    invited_by: str | None = None,
) -> None:
    """Let a user in who is not; without a team of its own it is in its role's."""
    book = await _roster(tx, workspace_id)
    place = Seat(role=role, team_id=team_id or book.teams[role])
    await tx.emit(ROSTER, workspace_id, roster.change_seat(book, user_id, before=None, after=place, at=tx.at))
    added = MemberAdded(
        workspace_id=workspace_id,
        user_id=user_id,
        role=role,
        team_id=place.team_id,
        custom_permissions=custom_permissions,
        invited_by=invited_by,
        at=tx.at,
    )
    await tx.emit(MEMBER, key_of(workspace_id, user_id), added)


async def reseat(
    tx: Transaction,
    member: Member,
    role: Role,
    *,
    team_id: str | None,
    custom_permissions: tuple[str, ...] | None,
) -> None:
    """Change a member's role, team and permissions; a system team goes with its role unless another is named.

    Raises:
        StateConflict: the last owner would step down.
    """
    book = await _roster(tx, member.workspace_id)
    if team_id is None:
        follows = member.team_id == book.teams[member.role]
        team_id = book.teams[role] if follows else member.team_id
    before, after = Seat(role=member.role, team_id=member.team_id), Seat(role=role, team_id=team_id)
    if before == after and custom_permissions == member.custom_permissions:
        return
    if before != after:
        change = roster.change_seat(book, member.user_id, before=before, after=after, at=tx.at)
        book = (await tx.emit(ROSTER, member.workspace_id, change)).there
        await _keep_owned(tx, member.workspace_id, book)
    updated = MemberUpdated(role=role, team_id=team_id, custom_permissions=custom_permissions, at=tx.at)
    await tx.emit(MEMBER, key_of(member.workspace_id, member.user_id), updated)


async def unseat(tx: Transaction, member: Member) -> None:
    """End a membership.

    Raises:
        StateConflict: it is the last owner's.
    """
    book = await _roster(tx, member.workspace_id)
    before = Seat(role=member.role, team_id=member.team_id)
    change = roster.change_seat(book, member.user_id, before=before, after=None, at=tx.at)
    book = (await tx.emit(ROSTER, member.workspace_id, change)).there
    await _keep_owned(tx, member.workspace_id, book)
    await tx.emit(MEMBER, key_of(member.workspace_id, member.user_id), MemberRemoved(at=tx.at))


async def succeed(tx: Transaction, workspace_id: str, user_id: str | None) -> None:
    """See to it that a workspace has an owner who is still there: where none is, this user becomes it.

    Raises:
        StateConflict: nobody owns it any more, and no user is given.
        ValidationFailed: the user is not there, or not wanted, since somebody owns it.
    """
    owners = (await _roster(tx, workspace_id)).owners
    gone = [owner for owner in owners if not await _is_there(tx, owner)]
    if len(gone) < len(owners):
        if user_id is not None:
            raise ValidationFailed({"owner_id": ["It has an owner: leave this out, and change its members later."]})
        return
    if user_id is None:
        raise StateConflict(
            "no_owner", "restore", "Its last owner was erased: name another as owner_id, by a key with admin:*."
        )
    if not await _is_there(tx, user_id):
        raise ValidationFailed({"owner_id": ["There is no such user."]})
    member = (await tx.load(MEMBER, key_of(workspace_id, user_id))).state
    if member is None or member.removed:
        await seat(tx, workspace_id, user_id, "owner")
    else:
        await reseat(tx, member, "owner", team_id=None, custom_permissions=None)
    for owner in gone:
        await unseat(tx, (await tx.load(MEMBER, key_of(workspace_id, owner))).there)


async def _is_there(tx: Transaction, user_id: str) -> bool:
    user = (await tx.load(USER, user_id)).state
    return user is not None and not user.erased


def team_name_claim(workspace_id: str, name: str) -> str:
    """The claim of a team's name in its workspace, without case."""
    return f"name/{workspace_id}/{name.casefold()}"


async def _roster(tx: Transaction, workspace_id: str) -> Roster:
    book = (await tx.load(ROSTER, workspace_id)).state
    if book is None:
        raise NotFound("workspace", workspace_id)
    return book


async def _keep_owned(tx: Transaction, workspace_id: str, book: Roster) -> None:
    """Where the owner whom the workspace names is one no more, the eldest of the others is named."""
    loaded = await tx.load(WORKSPACE, workspace_id)
    if loaded.state is not None and book.owners and loaded.state.owner_id not in book.owners:
        await tx.emit(WORKSPACE, workspace_id, workspace.WorkspaceUpdated(owner_id=book.owners[0], at=tx.at))
