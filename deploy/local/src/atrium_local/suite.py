"""The whole suite on one machine: four services as processes, ready to use (`atrium up`)."""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.text import Text

from atrium_common.settings import Settings
from atrium_local.children import Child, Children, this_command
from atrium_local.data_directory import DataDirectory
from atrium_local.fitness import check_keys
from atrium_local.in_force import note
from atrium_local.installation import installation_secrets
from atrium_local.operator import NoOperator, create_operator
from atrium_local.ports import is_free
from atrium_local.remembered import refuse_lost_parts, remember

SERVICES = ("tenancy", "entitlements", "webhooks", "gateway")
LOOPBACK = "127.0.0.0/8,::1/128"
_READY_SECONDS = 120.0
_ORPHANS_SECONDS = 4.0
_POLL = 0.05
_STYLES = {"gateway": "cyan", "tenancy": "green", "entitlements": "yellow", "webhooks": "magenta"}


class PortTaken(Exception):
    """Somebody else listens on the port."""


class NotReady(Exception):
    """A service did not become ready."""


@dataclass(frozen=True, slots=True)
class Options:
    """What `atrium up` was told."""

    directory: Path
    host: str
    port: int
    workers: int
    as_json: bool
    drain_seconds: float
    opened_networks: bool
    """Whether the settings say themselves which networks are opened to deliveries."""


class Suite:
    """The suite, from first start to drain."""

    def __init__(self, options: Options, settings: Settings) -> None:
        self._options = options
        self._settings = settings
        self._directory = DataDirectory(options.directory.resolve())
        self._console = Console(stderr=True, highlight=False)
        self._children = Children(started=self._directory.write_pid, say=self._say)

    async def run(self) -> None:
        """Run until SIGINT or SIGTERM.

        Raises:
            DirectoryInUse, PortTaken, NotReady, CannotStart: what keeps it from starting.
            ValueError: the data directory's keys are malformed, or a part of its installation is lost.
        """
        ending = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ending.set)
        with self._directory.locked():
            refuse_lost_parts(self._directory.path, self._settings)
            self._directory.forget_staged()
            await self._wait_for_ports()
            self._directory.forget_pids()
            secrets = self._directory.secrets(self._settings)
            check_keys(secrets)
            ports = self._directory.ports(_port_names(self._options.workers))
            self.note(ports)
            for child in self._plan(secrets, ports):
                self._children.start(child)
            try:
                starting = asyncio.create_task(self._announce(secrets, ports))
                waiting = asyncio.create_task(ending.wait())
                refusing = asyncio.create_task(self._children.refusal())
                await asyncio.wait({starting, waiting, refusing}, return_when=asyncio.FIRST_COMPLETED)
                for done in (refusing, starting):
                    if done.done():
                        done.result()
                await waiting
            finally:
                await self._children.stop(seconds=self._options.drain_seconds + 5)
                self._directory.forget_pids()

    def note(self, ports: Mapping[str, int]) -> None:
        """Keep what is in force for the services, for `atrium config`."""
        note(self._directory, {**self._given(ports), "host": self._options.host, "port": self._options.port})

    async def _wait_for_ports(self) -> None:
        """What a killed suite left ends within seconds; its ports are wanted again, since second gateways know them."""
        host, port = self._options.host, self._options.port
        for _ in range(round(_ORPHANS_SECONDS / _POLL)):
            if not self._directory.is_being_left(host, port):
                break
            await asyncio.sleep(_POLL)
        if not is_free(host, port):
            raise PortTaken(f"port {port} is taken by another program: give another --port")

    def _plan(self, secrets: Mapping[str, str], ports: Mapping[str, int]) -> list[Child]:
        held = installation_secrets(secrets)
        shared = {f"ATRIUM_{name.upper()}": value for name, value in self._given(ports).items()}
        children = []
        for name in _processes(self._options.workers):
            service = name.partition("-")[0]
            gateway = service == "gateway"
            port = self._options.port if gateway else ports[service]
            command = [*this_command(), service, "--port", str(port), "--admin-port", str(ports[f"{name}.admin"])]
            host = self._options.host if gateway else "127.0.0.1"
            if gateway and self._options.workers > 1:
                command.append("--reuse-port")
            environment = {**shared, **held["gateway" if gateway else "service"], "ATRIUM_HOST": host}
            if not gateway:
                # On this machine the services are reached by loopback alone: the certificate is for clients.
                environment |= {"ATRIUM_TLS_CERT_FILE": "", "ATRIUM_TLS_KEY_FILE": ""}
            # What a gateway has begun to answer still needs the services.
            children.append(Child(name, command, environment, ends_in=0 if gateway else 1))
        return children

    def _given(self, ports: Mapping[str, int]) -> dict[str, str]:
        """What every service is told, by the names of settings."""
        given = {f"{name}_url": f"http://127.0.0.1:{ports[name]}" for name in SERVICES[:3]}
        given["data_dir"] = str(self._directory.path)
        if "log_format" not in self._settings.model_fields_set:
            given["log_format"] = "json" if self._options.as_json else "console"
        # On one's own machine webhooks may go to one's own machine, unless the settings say otherwise.
        if not self._options.opened_networks:
            given["webhooks_allowed_networks"] = LOOPBACK
        return given

    async def _announce(self, secrets: Mapping[str, str], ports: Mapping[str, int]) -> None:
        admin_ports = {name: ports[f"{name}.admin"] for name in _processes(self._options.workers)}
        await _wait_until_ready(admin_ports, self._children.prove)
        key = await self._operator_key(secrets, ports)
        scheme = "http" if self._settings.tls_cert_file is None else "https"
        base = f"{scheme}://{self._options.host}:{self._options.port}"
        remember(self._directory.path, self._settings, secrets)
        self._directory.write_gateway_url(base)
        if self._options.as_json:
            urls = {name: f"http://127.0.0.1:{ports[name]}" for name in SERVICES[:3]} | {"gateway": base}
            print(json.dumps({"event": "ready", "gateway": base, "services": urls}), flush=True)
            return
        print(f"\natrium ready {base}\n", flush=True)
        if key is not None:
            print(f"Your operator key (also in {self._directory.operator_key}; it is shown only now):\n\n  {key}\n")
            print("First call, a workspace of your own:\n")
            print(
                f"  curl -s {base}/api/v1/workspaces -H 'Authorization: Bearer {key}' \\\n"
                '       -H \'Content-Type: application/json\' -d \'{"name": "Acme Corporation", "tier": "pro"}\'\n'
            )
        elif self._directory.operator_key.exists():
            print(f"Your operator key is in {self._directory.operator_key}.\n")
        else:
            print(f"Your operator key was in {self._directory.operator_key}, and is not shown again: put the file back")
            print("(backups have it), or set ATRIUM_API_KEY where a command wants it.\n")
        usual = Path(str(Settings.model_fields["data_dir"].default)).resolve()
        where = "" if self._directory.path == usual else f" --data-dir {shlex.quote(str(self._directory.path))}"
        print(
            f"Next: `.venv/bin/atrium demo{where}` in another terminal shows a signed webhook arriving. Ctrl-C ends.\n",
            flush=True,
        )

    async def _operator_key(self, secrets: Mapping[str, str], ports: Mapping[str, int]) -> str | None:
        """The operator's key where this is the first start, else None."""
        if self._directory.operator_key.exists():
            return None
        try:
            key = await create_operator(f"http://127.0.0.1:{ports['tenancy']}", secrets["ATRIUM_PRINCIPAL_KEYS"])
        except NoOperator as error:
            raise NotReady(str(error)) from error
        if key is not None:
            self._directory.write_operator_key(key)
        return key

    def _say(self, name: str, line: str) -> None:
        if self._options.as_json:
            print(line if line.startswith("{") else json.dumps({"service": name, "event": line}), file=sys.stderr)
            return
        text = Text(f"{name:<13}", style=_STYLES.get(name, "bold"))
        self._console.print(text + Text.from_ansi(line), soft_wrap=True)


def _processes(workers: int) -> tuple[str, ...]:
    more = tuple(f"gateway-{number}" for number in range(2, workers + 1))
    return (*SERVICES, *more)


def _port_names(workers: int) -> tuple[str, ...]:
    return (*SERVICES[:3], *(f"{name}.admin" for name in _processes(workers)))


async def _wait_until_ready(admin_ports: Mapping[str, int], tell: Callable[[str], None]) -> None:
    """Wait for all of them; `tell` hears of each as soon as it is ready."""
    deadline = asyncio.get_running_loop().time() + _READY_SECONDS

    async def one(name: str, port: int) -> None:
        while not await _is_ready(session, port):
            if asyncio.get_running_loop().time() > deadline:
                raise NotReady(f"not ready after {_READY_SECONDS:g} s: see the log above")
            await asyncio.sleep(_POLL)
        tell(name)

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session:
        await asyncio.gather(*(one(name, port) for name, port in admin_ports.items()))


async def _is_ready(session: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200  # noqa: PLR2004
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
