"""`atrium demo` and `atrium listen`: the main job made visible."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from typing import Annotated

import typer
from rich.markup import escape

from atrium_common.jsontypes import JSONObject
from atrium_common.settings import Settings
from atrium_local.data_directory import DataDirectory
from atrium_local.options import DEFAULT_URL, AsJson, DataDir, Url, console, fail, print_line, settings_of


def _webhook_secret(secret: str | None) -> str | None:
    from atrium_webhooks.domain.signing import is_secret

    if secret and not is_secret(secret):
        raise typer.BadParameter("a secret looks like whsec_…, or is the text of 12 to 128 characters that you chose")
    return secret or None


def add_to(app: typer.Typer) -> None:
    """Add both commands."""
    app.command()(demo)
    app.command()(listen)


def demo(data_dir: DataDir = None, url: Url = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Make a tenant through the API and show its signed webhooks as they arrive; with --json a step a line."""
    from atrium_local.demo import Demo, DemoFailed

    directory = DataDirectory(settings_of(Settings, data_dir=data_dir).data_dir)
    path = directory.operator_key
    key = os.environ.get("ATRIUM_API_KEY") or (path.read_text().strip() if path.exists() else "")
    if not key:
        fail(f"no key: start `atrium up` first ({path} is missing), or set ATRIUM_API_KEY")
    base = (url or directory.gateway_url or DEFAULT_URL).rstrip("/")

    def tell(words: str, facts: JSONObject) -> None:
        if as_json:
            print_line(facts)
        else:
            console.print(words)

    try:
        asyncio.run(Demo(base, key, tell).run())
    except DemoFailed as error:
        fail(str(error))


def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one")] = 9000,
    secret: Annotated[
        str | None,
        typer.Option(envvar="ATRIUM_WEBHOOK_SECRET", callback=_webhook_secret, help="The endpoint's secret: whsec_…"),
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Receive webhooks on this machine, print them, and verify them where the secret is given."""
    try:
        asyncio.run(_listen(port, secret, as_json=as_json))
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = "it is taken" if taken else f"{error.strerror or error}"
        fail(f"can't listen on port {port}: {why}: give another --port, 0 takes a free one")


async def _listen(port: int, secret: str | None, *, as_json: bool) -> None:
    from atrium_local.receiver import Arrival, Receiver

    async def seen(arrival: Arrival) -> None:
        if as_json:
            print_line({"verified": arrival.verified, "delivery": arrival.delivery_id, "body": arrival.content})
            return
        word = {True: "[green]verified[/]", False: "[red]NOT VERIFIED[/]", None: "[yellow]no secret given[/]"}
        console.print(f"← {escape(arrival.event_type)}  attempt {escape(arrival.attempt)}  {word[arrival.verified]}")
        console.print(arrival.pretty, markup=False)

    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    receiver = Receiver(seen, secret=secret)
    url = await receiver.start(port)
    if as_json:
        print_line({"event": "ready", "url": url})
    else:
        console.print(f"listening on {url}", soft_wrap=True)
    await ending.wait()
    await receiver.stop()
