"""How fan-out, lines and sending are put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from atrium_common.clock import Clock
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.vault import Vault
from atrium_common.ids import Ids
from atrium_common.store.ports import Store
from atrium_webhooks.application.attempt import Attempts
from atrium_webhooks.application.connecting import Policy
from atrium_webhooks.application.directory import Directory
from atrium_webhooks.application.discipline import Discipline
from atrium_webhooks.application.dispatcher import Dispatcher
from atrium_webhooks.application.fanout import FanOut
from atrium_webhooks.application.kept import Keeper
from atrium_webhooks.application.line import Line
from atrium_webhooks.application.sender import Sender
from atrium_webhooks.application.shards import Shards
from atrium_webhooks.domain.health import Patience
from atrium_webhooks.settings import WebhooksSettings


@dataclass(frozen=True, slots=True)
class Engine:
    """One process's part of the way from events to receivers."""

    directory: Directory
    sender: Sender
    line: Line
    dispatcher: Dispatcher
    fan_out: FanOut
    keeper: Keeper
    kept_for: timedelta


def engine(
    settings: WebhooksSettings, store: Store, repository: Repository, *, vault: Vault, clock: Clock, ids: Ids
) -> Engine:
    """The engine over this store.

    Raises:
        OSError: the CA bundle of the settings can't be read.
    """
    documents = store.documents
    directory = Directory(store, repository)
    sender = Sender(
        Policy(settings.webhooks_allowed_networks, settings.webhooks_allow_http),
        seconds=settings.webhooks_timeout,
        clock=clock,
        ca_bundle=settings.webhooks_ca_bundle,
    )
    line = Line(documents, clock=clock)
    keeper = Keeper(vault)
    dispatcher = Dispatcher(
        documents=documents,
        directory=directory,
        attempts=Attempts(sender, keeper, schedule=settings.webhooks_retry_schedule, clock=clock),
        discipline=Discipline(repository, clock=clock),
        shards=Shards(documents, holder=ids.new("dispatcher"), clock=clock),
        line=line,
        patience=Patience(
            failures=settings.webhooks_breaker_failures,
            probe_after=timedelta(seconds=settings.webhooks_breaker_probe_seconds),
            disable_after=timedelta(days=settings.webhooks_disable_after_days),
            disable_after_deliveries=settings.webhooks_disable_after_deliveries,
        ),
        in_flight=settings.webhooks_in_flight,
        drain_seconds=settings.webhooks_timeout + 1,
        serves_api="api" in settings.role,
        clock=clock,
    )
    kept_for = timedelta(days=settings.webhooks_retention_days)
    fan_out = FanOut(store, directory, line, keeper, dispatcher, kept_for=kept_for, clock=clock)
    return Engine(directory, sender, line, dispatcher, fan_out, keeper, kept_for)
