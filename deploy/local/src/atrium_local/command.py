"""The command `atrium` (spec/command.md)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import SecretStr
from rich.console import Console

from atrium_common.settings import Settings
from atrium_local.data_directory import DataDirectory, DirectoryInUse

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Atrium: the API front of a SaaS.")

DataDir = Annotated[
    Path, typer.Option("--data-dir", envvar="ATRIUM_DATA_DIR", help="Where stores, secrets and ports are kept")
]
Port = Annotated[int, typer.Option(envvar="ATRIUM_PORT", min=0, max=65535, help="Port of the API; 0 takes a free one")]
AdminPort = Annotated[
    int, typer.Option(envvar="ATRIUM_ADMIN_PORT", min=0, max=65535, help="Port of health and metrics")
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines")]
DEFAULT_DIR = Path(".atrium")


def main() -> None:
    """Run the command: exit 0 done, 1 failed, 2 wrong usage."""
    app()


@app.command()
def up(
    data_dir: DataDir = DEFAULT_DIR,
    port: Annotated[int, typer.Option(envvar="ATRIUM_PORT", min=1, max=65535, help="The gateway's port")] = 8080,
    host: Annotated[str, typer.Option(envvar="ATRIUM_HOST", help="The gateway's address")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Gateway processes that share the port")] = 1,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Run the whole suite on this machine: every service its own process. Ctrl-C drains and ends it."""
    from atrium_local.suite import NotReady, Options, PortTaken, Suite

    try:
        asyncio.run(Suite(Options(data_dir, host, port, workers, as_json)).run())
    except (DirectoryInUse, PortTaken, NotReady) as error:
        _fail(str(error))


@app.command()
def gateway(
    data_dir: DataDir = DEFAULT_DIR,
    port: Port = 8080,
    admin_port: AdminPort = 0,
    reuse_port: Annotated[bool, typer.Option("--reuse-port", help="Share the port with other gateways")] = False,  # noqa: FBT002
) -> None:
    """Run one gateway; it joins the suite of its data directory or of its settings."""
    from atrium_gateway import wiring
    from atrium_gateway.settings import GatewaySettings

    _join(data_dir)
    _run(
        lambda: wiring.run(GatewaySettings(data_dir=data_dir, port=port, admin_port=admin_port), reuse_port=reuse_port)
    )


@app.command()
def tenancy(data_dir: DataDir = DEFAULT_DIR, port: Port = 8081, admin_port: AdminPort = 0) -> None:
    """Run one tenancy service."""
    from atrium_tenancy import wiring

    _join(data_dir)
    _run(lambda: wiring.run(Settings(data_dir=data_dir, port=port, admin_port=admin_port)))


@app.command()
def entitlements(data_dir: DataDir = DEFAULT_DIR, port: Port = 8082, admin_port: AdminPort = 0) -> None:
    """Run one entitlements service."""
    from atrium_entitlements import wiring

    _join(data_dir)
    _run(lambda: wiring.run(Settings(data_dir=data_dir, port=port, admin_port=admin_port)))


@app.command()
def webhooks(
    data_dir: DataDir = DEFAULT_DIR,
    port: Port = 8083,
    admin_port: AdminPort = 0,
    role: Annotated[str, typer.Option(help="What to run: api, worker, or both")] = "api,worker",
) -> None:
    """Run one webhooks service: its API, its dispatcher, or both."""
    from atrium_webhooks import wiring
    from atrium_webhooks.settings import WebhooksSettings

    _join(data_dir)
    os.environ["ATRIUM_ROLE"] = role
    _run(lambda: wiring.run(WebhooksSettings(data_dir=data_dir, port=port, admin_port=admin_port)))


@app.command()
def demo(
    data_dir: DataDir = DEFAULT_DIR,
    url: Annotated[str, typer.Option(help="The gateway's URL")] = "http://127.0.0.1:8080",
) -> None:
    """Make a tenant through the API and show its signed webhooks as they arrive."""
    from atrium_local.demo import Demo, DemoFailed

    path = DataDirectory(data_dir).operator_key
    key = os.environ.get("ATRIUM_API_KEY") or (path.read_text().strip() if path.exists() else "")
    if not key:
        _fail(f"no key: start `atrium up` first ({path} is missing), or set ATRIUM_API_KEY")
    try:
        asyncio.run(Demo(url.rstrip("/"), key, Console(highlight=False)).run())
    except DemoFailed as error:
        _fail(str(error))


@app.command()
def listen(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on")] = 9000,
    secret: Annotated[str | None, typer.Option(envvar="ATRIUM_WEBHOOK_SECRET", help="The endpoint's secret")] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Receive webhooks on this machine, print them, and verify them where the secret is given."""
    try:
        asyncio.run(_listen(port, secret, as_json=as_json))
    except OSError as error:
        _fail(f"can't listen on port {port}: {error.strerror or error}")


@app.command()
def config(data_dir: DataDir = DEFAULT_DIR) -> None:
    """Print the settings in force, secrets masked."""
    from atrium_gateway.settings import GatewaySettings
    from atrium_webhooks.settings import WebhooksSettings

    shown: dict[str, object] = {}
    for model in (GatewaySettings(data_dir=data_dir), WebhooksSettings(data_dir=data_dir)):
        for name in type(model).model_fields:
            value = getattr(model, name)
            text = ("set" if value.get_secret_value() else "not set") if isinstance(value, SecretStr) else value
            shown[name] = text if isinstance(text, str | int | float | bool | None) else str(text)
    print(json.dumps(shown, indent=2))


async def _listen(port: int, secret: str | None, *, as_json: bool) -> None:
    from atrium_local.receiver import Arrival, Receiver

    console = Console(highlight=False)

    async def seen(arrival: Arrival) -> None:
        if as_json:
            print(json.dumps({"verified": arrival.verified, "delivery": arrival.delivery_id,
                              "body": json.loads(arrival.body)}), flush=True)  # fmt: skip
            return
        word = {True: "[green]verified[/]", False: "[red]NOT VERIFIED[/]", None: "[yellow]no secret given[/]"}
        console.print(f"← {arrival.event_type}  attempt {arrival.attempt}  {word[arrival.verified]}")
        console.print(arrival.pretty, markup=False)

    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    receiver = Receiver(seen, secret=secret)
    url = await receiver.start(port)
    console.print(f"listening on {url}", soft_wrap=True)
    await ending.wait()
    await receiver.stop()


def _join(data_dir: Path) -> None:
    """Take keys and ports from the data directory where the environment does not set them."""
    directory = DataDirectory(data_dir)
    embedded = "ATRIUM_MONGODB_URL" not in os.environ
    if embedded or (directory.path / "secrets").exists():
        os.environ.update(directory.secrets())
    for name, port in directory.known_ports().items():
        if "." not in name:
            os.environ.setdefault(f"ATRIUM_{name.upper()}_URL", f"http://127.0.0.1:{port}")


def _run(service: Callable[[], None]) -> None:
    try:
        service()
    except (ValueError, OSError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    Console(stderr=True, highlight=False).print(f"[red]atrium:[/] {message}", soft_wrap=True)
    raise typer.Exit(1)
