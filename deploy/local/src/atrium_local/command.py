"""The command `atrium` (spec/command.md): its groups of commands, put together."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, TypeAlias

import typer

from atrium_local.commands import demonstration, services, settings, suite, tails
from atrium_local.commands.admin import admin
from atrium_local.options import holding

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Atrium: the API front of a SaaS. Start with `atrium up`, then `atrium demo` in another terminal.",
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001
    if wanted:
        typer.echo(f"atrium {version('atrium-local')}")
        raise typer.Exit


ShowVersion: TypeAlias = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version, and end.")
]


@app.callback()
def _hold(context: typer.Context, _: ShowVersion = False) -> None:  # noqa: FBT002
    context.with_resource(holding())


suite.add_to(app)
demonstration.add_to(app)
tails.add_to(app)
services.add_to(app)
settings.add_to(app)
app.add_typer(admin)
