"""Processes of the service on one store, spoken to as the gateway would."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from atrium_common.principal import Principal, PrincipalSigner

SEED = base64.b64encode(bytes(range(32))).decode()
SIGNER = PrincipalSigner("gateway1", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WORKSPACE = "wks_1"


def operator_of(workspace: str, *, expires_at: float) -> Principal:
    """The operator, in this workspace of the free tier."""
    return Principal(
        user_id="usr_1", key_id="key_1", key_workspace_id=workspace, workspace_id=workspace, role="owner",
        permissions=("*",), scopes=("*", "admin:*"), tier="enterprise",
        facts={"workspace": {"id": workspace, "version": 1, "tier": "free", "status": "active"}},
        expires_at=expires_at,
    )  # fmt: skip


@dataclass
class Replica:
    """One process."""

    number: int
    process: asyncio.subprocess.Process
    session: aiohttp.ClientSession
    base: str
    workspace: str = WORKSPACE

    def kill(self) -> None:
        self.process.kill()

    async def call(self, method: str, path: str, body: Any = None, *, command: str | None = None) -> tuple[int, Any]:
        """Status and body of the answer."""
        principal = operator_of(self.workspace, expires_at=time.time() + 30)
        headers = {"X-Principal": SIGNER.sign(principal)}
        if command is not None:
            headers["X-Command-ID"] = command
        url = f"{self.base}/api/v1/{path}"
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, json.loads(raw) if raw else None


@dataclass
class Replicas:
    """All of them, on the store that the environment names."""

    directory: Path
    environment: Mapping[str, str]
    session: aiohttp.ClientSession
    running: list[Replica] = field(default_factory=list)
    started: int = 0
    pipe: tuple[int, int] = field(default_factory=os.pipe)
    """A process ends by itself when this end of its pipe is closed, also by the death of the tests."""

    async def start(self) -> Replica:
        """One more process."""
        self.started += 1
        run = self.directory / f"run{self.started}"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ATRIUM_")},
            "ATRIUM_DATA_DIR": str(self.directory / "data"),
            "ATRIUM_RUN_DIR": str(run),
            "ATRIUM_SEALING_KEYS": f"k1:{SEED}",
            "ATRIUM_PRINCIPAL_KEYS": f"gateway1!:{SEED},service1!:{SEED}",
            "ATRIUM_LOG_LEVEL": "warning",
            "ATRIUM_PARENT_FD": str(self.pipe[0]),
            **self.environment,
        }
        with (self.directory / f"{self.started}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "atrium_entitlements",
                stderr=log,
                stdout=subprocess.DEVNULL,
                env=environment,
                pass_fds=(self.pipe[0],),
            )
        ports = run / "entitlements.ports.json"
        async with asyncio.timeout(60):
            while not ports.exists():
                assert process.returncode is None, (self.directory / f"{self.started}.log").read_text()[-3000:]
                await asyncio.sleep(0.02)
        made = Replica(self.started, process, self.session, f"http://127.0.0.1:{json.loads(ports.read_text())['api']}")
        self.running.append(made)
        return made


@asynccontextmanager
async def replicas(directory: Path, environment: Mapping[str, str], count: int) -> AsyncIterator[Replicas]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        several = Replicas(directory, environment, session)
        try:
            await asyncio.gather(*(several.start() for _ in range(count)))
            yield several
        finally:
            for replica in several.running:
                if replica.process.returncode is None:
                    replica.process.terminate()
            await asyncio.gather(*(replica.process.wait() for replica in several.running))
            for end in several.pipe:
                os.close(end)
