"""`atrium admin dead-letters`: messages that a service could not handle."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, cast

import typer

from atrium_common.clock import SystemClock
from atrium_common.eventing.parking import is_requested, parked_by_reactor, request_redrive
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.settings import Settings
from atrium_local.operated import opened
from atrium_local.options import AsJson, DataDir, Failed, console, prepared, run_async

group = typer.Typer(no_args_is_help=True, help="Messages that a service could not handle.")


def add_to(admin: typer.Typer) -> None:
    """Add the group."""
    admin.add_typer(group, name="dead-letters")


@group.command("list")
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List what is parked, oldest first, with the reason; later messages of a key wait behind its first."""
    settings, _ = prepared(Settings, data_dir=data_dir)
    letters = run_async(lambda: _letters(settings))
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
    settings, _ = prepared(Settings, data_dir=data_dir)
    done = run_async(lambda: _redriven(settings, reactor, wait))
    if as_json:
        print(json.dumps(done))
    else:
        console.print(f"{done['redriven']} handled, {done['left']} parked still")
    if done["left"]:
        raise typer.Exit(1)


async def _letters(settings: Settings) -> list[JSONObject]:
    letters: list[JSONObject] = []
    async with opened(settings) as stores:
        for name, service in stores.items():
            for reactor, documents in (await parked_by_reactor(service.store.documents)).items():
                for document in documents:
                    message = cast("JSONObject", document.body["message"])
                    told = {part: document.body[part] for part in ("at", "key", "reason", "topic")}
                    letters.append(
                        {"service": name, "reactor": reactor, **told, "event_id": message["id"],
                         "type": message["type"], "subject": message["subject"]}
                    )  # fmt: skip
    return letters


async def _redriven(settings: Settings, only: str | None, wait: float) -> dict[str, JSON]:
    clock = SystemClock()
    async with opened(settings) as stores:
        asked = [
            (service.store.documents, reactor, len(documents))
            for service in stores.values()
            for reactor, documents in (await parked_by_reactor(service.store.documents)).items()
            if only in {None, reactor}
        ]
        if only is not None and not asked:
            raise Failed(f"nothing of {only} is parked")
        for documents, reactor, _ in asked:
            await request_redrive(documents, reactor, at=clock.now())
        deadline = clock.monotonic() + wait
        while waiting := [reactor for documents, reactor, _ in asked if await is_requested(documents, reactor)]:
            if clock.monotonic() >= deadline:
                raise Failed(f"asked, but nobody has done it yet: {', '.join(waiting)}. Is the service running?")
            await asyncio.sleep(0.1)
        left = [len((await parked_by_reactor(documents)).get(reactor, ())) for documents, reactor, _ in asked]
    return {"redriven": sum(count for _, _, count in asked) - sum(left), "left": sum(left)}
