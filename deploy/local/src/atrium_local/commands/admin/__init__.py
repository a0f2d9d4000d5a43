"""`atrium admin`: what operators need."""

from __future__ import annotations

import typer

from atrium_local.commands.admin import backups, bootstrap, check, dead_letters, keys, people, projections, sealing

admin = typer.Typer(name="admin", no_args_is_help=True, help="What operators need.")

check.add_to(admin)
bootstrap.add_to(admin)
dead_letters.add_to(admin)
projections.add_to(admin)
keys.add_to(admin)
people.add_to(admin)
sealing.add_to(admin)
backups.add_to(admin)
