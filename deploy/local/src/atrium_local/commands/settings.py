"""`atrium config` and `atrium migrate`."""

from __future__ import annotations

import json
from functools import partial

import typer
from rich.table import Table

from atrium_common.jsontypes import JSON
from atrium_common.settings import Settings
from atrium_local.options import AsJson, DataDir, console, prepared, run, run_async, warn


def add_to(app: typer.Typer) -> None:
    """Add both commands."""
    app.command()(config)
    app.command()(migrate)


def config(data_dir: DataDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Print the settings in force, secrets masked: flags, then ATRIUM_… variables, then .env and atrium.toml.

    Where `atrium up` has run on the data directory, its keys count, and what it sets where nothing else does. Names
    that no setting has are told on standard error.
    """
    from atrium_gateway.settings import GatewaySettings
    from atrium_local.in_force import in_force, unknown_names
    from atrium_webhooks.settings import WebhooksSettings

    shown: dict[str, JSON] = {}
    told: dict[str, str] = {}
    for model in (GatewaySettings, WebhooksSettings):
        settings = run(partial(in_force, model, data_dir), unfit=2)
        shown |= settings.masked()
        told |= {name: field.description or "" for name, field in model.model_fields.items()}
    for line in unknown_names(told):
        warn(line)
    if as_json or not console.is_terminal:
        print(json.dumps(shown, indent=2))
        return
    table = Table("variable", "value", "what it says", box=None, header_style="bold")
    for name, value in shown.items():
        table.add_row(f"ATRIUM_{name.upper()}", "" if value is None else str(value), told[name])
    console.print(table)


def migrate(data_dir: DataDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Create what the stores and the stream lack: tables, collections, indexes, topics. Can be repeated at any time."""
    from atrium_local.migration import migrated

    settings, _ = prepared(Settings, create=True, data_dir=data_dir)
    done = run_async(lambda: migrated(settings))
    if as_json:
        print(json.dumps(done))
        return
    for name, what in done.items():
        console.print(f"[green]✓[/] {name}: {what}")
