"""`atrium admin bootstrap`: the first user, workspace and key of an installation that `atrium up` does not run."""

from __future__ import annotations

import json

import typer

from atrium_common.settings import Settings
from atrium_local.options import AsJson, console, fail, run, run_async, settings_of


def add_to(admin: typer.Typer) -> None:
    """Add the command."""
    admin.command()(bootstrap)


def bootstrap(as_json: AsJson = False) -> None:  # noqa: FBT002
    """Create the operator, once for ever, and show its key; again within two days, until the key is used.

    It calls tenancy at ATRIUM_TENANCY_URL with the service key of ATRIUM_PRINCIPAL_KEYS. `atrium up` does it by itself.
    """
    from atrium_common.wiring import services_tls
    from atrium_local.operator import NoOperator, create_operator

    settings = settings_of(Settings)
    tls = run(lambda: services_tls(settings))
    try:
        key = run_async(
            lambda: create_operator(settings.tenancy_url, settings.principal_keys.get_secret_value(), tls=tls)
        )
    except NoOperator as error:
        fail(str(error))
    if key is None:
        fail("the operator's key was used already, or is more than two days old: it is not shown again, look for it")
    print(json.dumps({"key": key})) if as_json else console.print(f"The operator's key:\n\n  {key}\n\nKeep it safe.")
