"""`atrium admin dead-letters`: messages that a service could not handle."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from atrium_common.settings import Settings
from atrium_local.options import AsJson, DataDir, console, prepared, run_async

group = typer.Typer(no_args_is_help=True, help="Messages that a service could not handle.")


def add_to(admin: typer.Typer) -> None:
    """Add the group."""
    admin.add_typer(group, name="dead-letters")


@group.command("list")
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List what is parked, oldest first, with the reason; later messages of a key wait behind its first."""
    from atrium_local.dead_letters import listed

    settings, _ = prepared(Settings, data_dir=data_dir)
    letters = run_async(lambda: listed(settings))
    if as_json:
        print(json.dumps(letters))
        return
    for letter in letters:
        console.print(f"{letter['at']} [bold]{letter['reactor']}[/] {letter['type']} {letter['event_id']}")
        console.print(f"  {letter['key']}: {letter['reason']}", markup=False)
    console.print(f"{len(letters)} parked")


@group.command()
def redrive(
    reactor: Annotated[str | None, typer.Argument(help="Only this reactor's, like webhooks.fan_out")] = None,
    data_dir: DataDir = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the running service to do it")] = 30,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Ask the running services to handle what is parked again. Exit 0 when nothing is parked any more."""
    from atrium_local.dead_letters import redriven

    settings, _ = prepared(Settings, data_dir=data_dir)
    done = run_async(lambda: redriven(settings, reactor, wait))
    if as_json:
        print(json.dumps(done))
    else:
        console.print(f"{done['redriven']} handled, {done['left']} parked still")
    if done["left"]:
        raise typer.Exit(1)
