"""`atrium events tail` and `atrium deliveries tail`."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Callable
from typing import Annotated

import orjson
import typer
from rich.markup import escape

from atrium_common.bus.ports import Message
from atrium_common.clock import rfc3339
from atrium_common.cloudevents import structured
from atrium_common.settings import Settings
from atrium_local.options import AsJson, DataDir, console, prepared, print_line, run_async

FromStart = Annotated[bool, typer.Option("--from-start", help="Begin with the oldest instead of what comes next")]

events = typer.Typer(no_args_is_help=True, help="The event stream.")
deliveries = typer.Typer(no_args_is_help=True, help="Webhook deliveries.")


def add_to(app: typer.Typer) -> None:
    """Add both groups."""
    app.add_typer(events, name="events")
    app.add_typer(deliveries, name="deliveries")


@events.command("tail")
def tail_events(data_dir: DataDir = None, from_start: FromStart = False, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Follow the event stream; with --json one CloudEvent (structured) a line. Ctrl-C ends."""
    from atrium_local.following import published

    settings, _ = prepared(Settings, data_dir=data_dir)
    _follow(lambda: published(settings, from_start=from_start), as_json=as_json)


@deliveries.command("tail")
def tail_deliveries(data_dir: DataDir = None, from_start: FromStart = False, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Follow webhook deliveries as they change; with --json one CloudEvent (structured) a line. Ctrl-C ends."""
    from atrium_local.following import delivered

    settings, _ = prepared(Settings, data_dir=data_dir)
    _follow(lambda: delivered(settings, from_start=from_start), as_json=as_json)


def _follow(source: Callable[[], AsyncGenerator[Message, None]], *, as_json: bool) -> None:
    show = _print_json if as_json else _print_line
    # At once, also out of a write that nobody reads any more: every line is flushed, and nothing is held for others.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    run_async(lambda: _each(source(), show))


async def _each(source: AsyncGenerator[Message, None], show: Callable[[Message], None]) -> None:
    async with contextlib.aclosing(source):
        async for message in source:
            try:
                show(message)
            except SystemExit as unread:
                os._exit(int(unread.code or 0))


def _print_json(message: Message) -> None:
    print_line(structured(message))


def _print_line(message: Message) -> None:
    data = escape(orjson.dumps(message.data).decode())
    where = escape(message.workspace_id or "-")
    console.print(
        f"[dim]{rfc3339(message.time)}[/] [bold cyan]{message.type}[/] {escape(message.subject)} [dim]{where}[/] {data}"
    )
