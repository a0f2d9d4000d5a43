"""`atrium up`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from atrium_local.data_directory import DirectoryInUse, given_secrets
from atrium_local.options import AsJson, DataDir, fail, run, settings_of, words

DEFAULT_PORT = 8080


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up(
    data_dir: DataDir = None,
    port: Annotated[
        int | None, typer.Option(envvar="ATRIUM_PORT", min=1, max=65535, help="The gateway's port [8080]")
    ] = None,
    host: Annotated[str | None, typer.Option(envvar="ATRIUM_HOST", help="The gateway's address [127.0.0.1]")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Gateway processes that share the port")] = 1,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Run the whole suite on this machine: every service its own process. Ctrl-C drains and ends it."""
    from atrium_gateway.settings import GatewaySettings
    from atrium_local.children import CannotStart
    from atrium_local.fitness import check_files, check_keys
    from atrium_local.suite import NotReady, Options, PortTaken, Suite
    from atrium_webhooks.settings import WebhooksSettings

    settings = settings_of(WebhooksSettings, data_dir=data_dir, port=port, host=host)
    settings_of(GatewaySettings)  # what would keep the gateway from starting is told before anything starts
    run(lambda: check_keys(given_secrets(settings)), unfit=2)
    run(lambda: check_files(settings))
    options = Options(
        directory=settings.data_dir,
        host=settings.host,
        port=settings.port or DEFAULT_PORT,
        workers=workers,
        as_json=as_json,
        drain_seconds=settings.drain_seconds,
        opened_networks="webhooks_allowed_networks" in settings.model_fields_set,
    )
    try:
        asyncio.run(Suite(options, settings).run())
    except (DirectoryInUse, PortTaken, NotReady, CannotStart, ValueError, OSError) as error:
        fail(words(error))
