"""Single services, as containers and second gateways run them."""

from __future__ import annotations

from typing import Annotated, TypeVar

import typer

from atrium_common.settings import Settings
from atrium_local.options import DataDir, prepared, run

S = TypeVar("S", bound=Settings)
Port = Annotated[
    int | None, typer.Option(envvar="ATRIUM_PORT", min=0, max=65535, help="Port of the API; 0 takes a free one")
]
AdminPort = Annotated[
    int | None,
    typer.Option(envvar="ATRIUM_ADMIN_PORT", min=0, max=65535, help="Port of health and metrics; 0 takes a free one"),
]
PORTS = {"gateway": 8080, "tenancy": 8081, "entitlements": 8082, "webhooks": 8083}


def add_to(app: typer.Typer) -> None:
    """Add a command for each service."""
    for command in (gateway, tenancy, entitlements, webhooks):
        app.command(rich_help_panel="One service")(command)


def gateway(
    data_dir: DataDir = None,
    port: Port = None,
    admin_port: AdminPort = None,
    reuse_port: Annotated[bool, typer.Option("--reuse-port", help="Share the port with other gateways")] = False,  # noqa: FBT002
) -> None:
    """Run one gateway; it joins the suite of its data directory or of its settings."""
    from atrium_gateway import wiring
    from atrium_gateway.settings import GatewaySettings

    settings = _prepared(GatewaySettings, "gateway", data_dir=data_dir, port=port, admin_port=admin_port)
    run(lambda: wiring.run(settings, reuse_port=reuse_port))


def tenancy(data_dir: DataDir = None, port: Port = None, admin_port: AdminPort = None) -> None:
    """Run one tenancy service."""
    from atrium_tenancy import wiring

    settings = _prepared(Settings, "tenancy", data_dir=data_dir, port=port, admin_port=admin_port)
    run(lambda: wiring.run(settings))


def entitlements(data_dir: DataDir = None, port: Port = None, admin_port: AdminPort = None) -> None:
    """Run one entitlements service."""
    from atrium_entitlements import wiring

    settings = _prepared(Settings, "entitlements", data_dir=data_dir, port=port, admin_port=admin_port)
    run(lambda: wiring.run(settings))


def webhooks(
    data_dir: DataDir = None,
    port: Port = None,
    admin_port: AdminPort = None,
    role: Annotated[
        str | None, typer.Option(envvar="ATRIUM_ROLE", help="What to run: api, worker, or both [api,worker]")
    ] = None,
) -> None:
    """Run one webhooks service: its API, its dispatcher, or both."""
    from atrium_webhooks import wiring
    from atrium_webhooks.settings import WebhooksSettings

    flags = {"data_dir": data_dir, "port": port, "admin_port": admin_port, "role": role}
    settings = _prepared(WebhooksSettings, "webhooks", **flags)
    run(lambda: wiring.run(settings))


def _prepared(model: type[S], name: str, **flags: object) -> S:
    # A gateway has nothing to serve of its own: on a directory that is none it was told the wrong one.
    settings, _ = prepared(model, create=name != "gateway", share=True, **flags)
    if "port" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"port": PORTS[name]})
