"""A service's routes behind a real port, with real principals: what HTTP tests enter through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self, cast

import aiohttp
import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from multidict import CIMultiDictProxy
from yarl import URL

from atrium_common.clock import Clock, SystemClock
from atrium_common.http import headers
from atrium_common.http.app import Kit, create_app
from atrium_common.http.listener import SERVICE_LIMITS, Listener
from atrium_common.http.route import Route
from atrium_common.ids import TimeOrderedIds
from atrium_common.principal import LIFETIME_SECONDS, Principal, PrincipalSigner, PrincipalVerifier

OPERATOR = Principal(
    user_id="usr_operator", key_id="key_operator", workspace_id="wks_operator", role="owner",
    permissions=("*",), scopes=("admin:*", "*"), tier="enterprise", user_tier="enterprise",
)  # fmt: skip
SERVICE = Principal(kind="service", service="test")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body's JSON, for tests to look into."""
        return orjson.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error in the body."""
        return cast("dict[str, Any]", self.json["error"])


class ServiceUnderTest:
    """Routes served on a free port of 127.0.0.1, as the process would serve them."""

    def __init__(self, routes: Sequence[Route], *, clock: Clock | None = None) -> None:
        private = Ed25519PrivateKey.generate()
        self.clock = clock or SystemClock()
        self.signer = PrincipalSigner("gateway1", private)
        kit = Kit(
            "test", PrincipalVerifier({"gateway1": private.public_key()}), self.clock, TimeOrderedIds(clock=self.clock)
        )
        self._runner = web.AppRunner(create_app(routes, kit), access_log=None)
        self._session: aiohttp.ClientSession | None = None
        self.base = ""

    async def __aenter__(self) -> Self:
        """Listen."""
        await self._runner.setup()
        self._listener = Listener(cast("web.Server", self._runner.server), SERVICE_LIMITS)
        self.port = await self._listener.open("127.0.0.1", 0)
        self.base = f"http://127.0.0.1:{self.port}"
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go."""
        if self._session is not None:
            await self._session.close()
        await self._listener.drain(5.0)
        await self._runner.cleanup()

    def token(self, principal: Principal) -> str:
        """The principal, signed, in force from now on."""
        now = self.clock.now().timestamp()
        return self.signer.sign(replace(principal, expires_at=principal.expires_at or now + LIFETIME_SECONDS))

    async def request(
        self,
        method: str,
        path: str | URL,
        *,
        json: object = None,
        data: bytes | None = None,
        principal: Principal | None = OPERATOR,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; `json` is encoded, `data` goes as it is, `principal` None sends none, a URL is whole."""
        sent = {"Content-Type": "application/json"} if json is not None else {}
        if principal is not None:
            sent[_PRINCIPAL] = self.token(principal)
        body = data if json is None else orjson.dumps(json)
        session = cast("aiohttp.ClientSession", self._session)
        given = {**sent, **(headers or {})}
        async with session.request(
            method,
            path if isinstance(path, URL) else f"{self.base}{path}",
            data=body,
            headers=given,
            skip_auto_headers=("Content-Type",),
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())


_PRINCIPAL = headers.PRINCIPAL
