"""The command `atrium` (spec/command.md): its groups of commands, put together."""

from __future__ import annotations

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


@app.callback()
def _hold(context: typer.Context) -> None:
    context.with_resource(holding())


suite.add_to(app)
demonstration.add_to(app)
tails.add_to(app)
services.add_to(app)
settings.add_to(app)
app.add_typer(admin)
