"""The tenants' webhook receiver: keeps a receipt of every attempt, and fails a few on purpose."""

from __future__ import annotations

import hashlib
import random
import time
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

from tests.chaos.observed import Receipt


class Receiver:
    """One server for all tenants; a path each. `failing` is the share of attempts that get a 503."""

    def __init__(self, host: str, port: int, *, seed: int, failing: float = 0.05) -> None:
        self.receipts: list[Receipt] = []
        self._chances = random.Random(seed)
        self._failing = failing
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    def url(self, tenant: str) -> str:
        return f"http://{self._host}:{self._port}/{tenant}"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/{tenant}", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = orjson.loads(raw)
        resource = body["data"].get("object") or {}
        attributes = resource.get("attributes") or {}
        self.receipts.append(
            Receipt(
                tenant=request.match_info["tenant"],
                event_id=request.headers["webhook-id"],
                delivery_id=request.headers["X-Webhook-Delivery"],
                type=body["type"],
                workspace=body["workspace_id"],
                object_id=str(resource.get("id", "")),
                digest=hashlib.sha256(raw).hexdigest(),
                threshold=int(attributes.get("threshold", 0)),
                at=time.monotonic(),
                members=tuple(attributes),
            )
        )
        return web.Response(status=503 if self._chances.random() < self._failing else 204)
