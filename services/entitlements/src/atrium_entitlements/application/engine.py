"""The account's application, put together over one store."""

from __future__ import annotations

from dataclasses import dataclass

from atrium_common.eventing.merging import Merger
from atrium_common.eventing.repository import Repository
from atrium_common.ids import Ids
from atrium_common.store.ports import EventLog
from atrium_entitlements.application.accounts import Accounts, CurrentCatalogue
from atrium_entitlements.application.asking import Asking
from atrium_entitlements.application.giving import Giving
from atrium_entitlements.application.using import Using


@dataclass(frozen=True, slots=True)
class Engine:
    """What may be asked of accounts and done to them."""

    accounts: Accounts
    merger: Merger
    asking: Asking
    using: Using
    giving: Giving

    @classmethod
    def over(cls, repository: Repository, log: EventLog, catalogue: CurrentCatalogue, ids: Ids) -> Engine:
        """The engine over this repository, whose turns all commands of this process take."""
        accounts = Accounts(repository, log, catalogue)
        merger = Merger(repository)
        return cls(accounts, merger, Asking(accounts), Using(accounts, merger, ids), Giving(accounts, merger, ids))
