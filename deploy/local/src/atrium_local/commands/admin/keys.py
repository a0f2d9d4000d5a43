"""`atrium admin keys`: API keys by the operator's own key; and `atrium admin secrets`: the keys of an installation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from atrium_common.settings import Settings
from atrium_local.data_directory import new_secrets
from atrium_local.options import AsJson, DataDir, Failed, Url, console, run, run_async, settings_of

if TYPE_CHECKING:
    from atrium_local.gateway_client import GatewayClient

group = typer.Typer(no_args_is_help=True, help="API keys, made and revoked with the operator's own.")

_MISSING = 404


def add_to(admin: typer.Typer) -> None:
    """Add the group and the command."""
    admin.add_typer(group, name="keys")
    admin.command()(secrets)


@group.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is called")],
    scope: Annotated[list[str], typer.Option(help="A scope, like *:read; may be repeated")],
    workspace: Annotated[str | None, typer.Option(help="The workspace [the operator's own]")] = None,
    environment: Annotated[str, typer.Option(help="live or test")] = "live",
    expires_at: Annotated[str | None, typer.Option(help="RFC 3339; never, if left out")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Create a key. It is shown now and never again."""
    from atrium_local.gateway_client import GatewayClient

    settings = settings_of(Settings, data_dir=data_dir)
    body: dict[str, object] = {"name": name, "scopes": scope, "environment": environment}
    if expires_at is not None:
        body["expires_at"] = expires_at
    answer = run_async(lambda: GatewayClient(settings, url).call("POST", "api-keys", body, workspace=workspace))
    key = answer["data"]
    if as_json:
        print(json.dumps(key))
        return
    console.print(f"{key['id']} ({', '.join(key['scopes'])})\n\n  {key['key']}\n\nIt is shown only now.")


@group.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="key_…")],
    workspace: Annotated[str | None, typer.Option(help="The key's workspace [the operator's own]")] = None,
    data_dir: DataDir = None,
    url: Url = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Revoke a key; every gateway refuses it within a second."""
    from atrium_local.gateway_client import GatewayClient

    settings = settings_of(Settings, data_dir=data_dir)
    run_async(lambda: revoked(GatewayClient(settings, url), key_id, workspace=workspace))
    print(json.dumps({"revoked": key_id})) if as_json else console.print(f"{key_id} is revoked")


async def revoked(client: GatewayClient, key_id: str, *, workspace: str | None) -> None:
    """Revoke the key.

    Raises:
        Failed: the API refuses it; where it finds no such key, the text says where else one may be.
    """
    from atrium_local.gateway_client import Refused

    try:
        await client.call("DELETE", f"api-keys/{key_id}", workspace=workspace)
    except Refused as error:
        if error.status == _MISSING and workspace is None:
            raise Failed(f"{error} A key of another workspace is found with --workspace wks_…") from error
        raise


def secrets(
    format: Annotated[Literal["env", "kubernetes", "json"], typer.Option(help="How they are written")] = "env",
    number: Annotated[int, typer.Option(min=1, help="In their ids: another one to rotate keys")] = 1,
) -> None:
    """Print fresh keys for an installation elsewhere: principals, sealing, look-up. Nothing is kept.

    The gateway's principal keys come with their private halves, the services' with the public half of the gateway's.
    """
    from atrium_local.installation import FORMATS, installation_secrets

    text = run(lambda: FORMATS[format](installation_secrets(new_secrets(number))))
    print(text)
