"""A holder: whose entitlements are asked for, and the levels of the cascade that may grant them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

HolderKind: TypeAlias = Literal["namespace", "workspace", "user"]
LevelName: TypeAlias = Literal["namespace", "workspace", "tier"]

TEST = "~test"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the cascade.

    Attributes:
        name: what the answer calls it.
        account: the id of the account whose packages and boosts grant here: a namespace's, workspace's or user's id.
        tier: on the last level the tier whose package grants too; the account's usage is debited for it.
    """

    name: LevelName
    account: str
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A namespace, workspace or user with everything about it that decides.

    Attributes:
        levels: first to last: a namespace's own packages, its billing workspace's, its owner's tier.
        tier: its owner's tier.
        zone: the IANA zone of its calendar.
        livemode: False: usage is the test account's, under the same limits.
        workspace_id: whom events about it belong to: the workspace itself, or the namespace's billing workspace.
        namespace_id: the namespace, for that kind.
    """

    kind: HolderKind
    id: str
    levels: tuple[Level, ...]
    tier: str = "free"
    zone: str = "UTC"
    livemode: bool = True
    workspace_id: str | None = None
    namespace_id: str | None = None

    @property
    def account(self) -> str:
        """The id of the holder's own account, whose packages and boosts it has."""
        return self.id

    @property
    def turn(self) -> str:
        """Commands of holders with the same one wait for each other: it is the last level's account."""
        return usage_account(self.levels[-1].account, livemode=self.livemode)


def usage_account(account: str, *, livemode: bool) -> str:
    """The account that counts the usage under `account`'s limits: itself, or its own for test mode."""
    return account if livemode else f"{account}{TEST}"
