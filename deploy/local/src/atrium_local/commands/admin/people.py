"""`atrium admin erase-user`, and the list of those who were erased."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from atrium_common.settings import Settings
from atrium_local.options import AsJson, DataDir, Failed, Url, console, fail, joined, prepared, run_async, settings_of

_NOT_FOUND = 404


def add_to(admin: typer.Typer) -> None:
    """Add both commands."""
    admin.command()(erase_user)
    admin.command()(erasures)


def erase_user(
    user_id: Annotated[str, typer.Argument(help="usr_…")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask")] = False,  # noqa: FBT002
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Erase a person's data for good, from the event history too. The suite must run; it can't be undone.

    It may be repeated: whoever was erased before stays so.
    """
    settings = settings_of(Settings, data_dir=data_dir)
    if not yes and not as_json:
        if not sys.stdin.isatty():
            fail(f"nobody can be asked here whether {user_id} is to be erased for good: say so with --yes", code=2)
        typer.confirm(f"Erase {user_id} for good?", abort=True)
    now = run_async(lambda: _erased_now(settings, url, user_id))
    if as_json:
        print(json.dumps({"erased": user_id}))
    elif not now:
        console.print(f"{user_id} was erased before.")
    else:
        console.print(f"{user_id} is erased: within seconds no file holds what was personal.")


async def _erased_now(settings: Settings, url: str | None, user_id: str) -> bool:
    """Erase the person; False where that was done before, which only the stores know."""
    from atrium_common.store.ports import StoreUnavailable
    from atrium_local.erasures import erased
    from atrium_local.gateway_client import GatewayClient, Refused

    try:
        await GatewayClient(settings, url).call("DELETE", f"users/{user_id}")
    except Refused as refused:
        if refused.status != _NOT_FOUND:
            raise
        try:
            joined(settings)
            before = await erased(settings_of(Settings, data_dir=settings.data_dir))
        except (Failed, StoreUnavailable, ValueError) as error:
            unknown = "whether they were erased before can't be seen without the stores"
            raise Failed(f"{refused} ({unknown}: {error})") from refused
        if user_id not in before:
            raise
        return False
    return True


def erasures(data_dir: DataDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List who was erased: keep it beside your backups, `admin restore --erasures` applies it again."""
    from atrium_local.erasures import erased

    settings, _ = prepared(Settings, data_dir=data_dir)
    people = run_async(lambda: erased(settings))
    if as_json:
        print(json.dumps(people))
    elif people:
        print("\n".join(people))
