"""The tenants' client: sends through every gateway in turn, again and again until there is a final word."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from tests.chaos.fleet import Fleet, Member
from tests.chaos.journal import Entry, Journal, State

TRY_SECONDS = 8.0
PATIENCE_SECONDS = 100.0
_PAUSE = 0.2

Judge = Callable[[int, Any], State | None]


def final(status: int, body: Any) -> State | None:
    """What an answer to a write says; None: nothing final, ask again (spec/http-api.md, "Idempotency")."""
    if 200 <= status < 300:
        return State.DONE
    if status >= 500 or status in {408, 429} or _code(body) == "IDEMPOTENCY_IN_PROGRESS":
        return None
    return State.REFUSED


def final_of_usage(status: int, body: Any) -> State | None:
    """The same for enforced usage, which is denied with 200."""
    if status == 200 and not body["recorded"]:
        return State.DENIED
    return final(status, body)


def final_of_stranger(status: int, body: Any) -> State | None:
    """The same for one who asks for what belongs to another tenant: it should be denied."""
    return State.DENIED if status in {403, 404} else final(status, body)


class Client:
    """Every request of every tenant goes through here, into the journal and out to a gateway."""

    def __init__(self, fleet: Fleet, journal: Journal) -> None:
        self.fleet = fleet
        self.journal = journal
        self.try_seconds = TRY_SECONDS
        """How long an answer is waited for before another gateway is asked."""
        self.failures: Counter[str] = Counter()
        """By what happened: tries that got no final word."""
        self.seconds: list[float] = []
        """How long each try that was answered took."""
        self._run = os.urandom(4).hex()
        self._turns = itertools.count()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    def doors(self) -> list[Member]:
        """The gateways that clients know of."""
        return [member for member in self.fleet.of("gateway") if member.wanted and member.announced]

    async def ask(
        self,
        kind: str,
        tenant: str,
        subject: str,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str,
        quantity: int = 0,
        judge: Judge = final,
        headers: Mapping[str, str] | None = None,
        patience: float = PATIENCE_SECONDS,
        avoid: str = "",
    ) -> tuple[Entry, Any]:
        """The entry as it ended, and the answer's body. `avoid` names a gateway that is not to be the first one."""
        entry = self.journal.ask(kind, tenant, subject, quantity)
        sent = {**(headers or {})}
        if method != "GET":
            sent["Idempotency-Key"] = f"{self._run}-{entry.number}"
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        tries = 0
        while True:
            door = self._door(avoid)
            avoid = ""
            tries += 1
            status, answered = await self.once(method, f"{door.url}/api/v1/{path}", body, key=key, headers=sent)
            state = judge(status, answered) if status else None
            if state is not None:
                id_ = _id(answered) if state is State.DONE else ""
                told = f"{status} {_code(answered)} by {door.name}"
                return self.journal.settle(entry, state, id=id_, told=told, tries=tries, door=door.name), answered
            self.failures[f"{door.name} {_failure(status, answered)}"] += 1
            if loop.time() > until:
                told = f"last {_failure(status, answered)}"
                return self.journal.settle(entry, State.ASKED, told=told, tries=tries), None
            await asyncio.sleep(_PAUSE)

    async def once(
        self, method: str, url: str, body: object = None, *, key: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """One try: status and body, or 0 and what went wrong."""
        assert self._session is not None
        loop = asyncio.get_running_loop()
        began = loop.time()
        sent = {**(headers or {}), "Authorization": f"Bearer {key}"}
        try:
            timeout = aiohttp.ClientTimeout(total=self.try_seconds)
            async with self._session.request(method, url, json=body, headers=sent, timeout=timeout) as answer:
                raw = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, type(error).__name__
        self.seconds.append(loop.time() - began)
        return answer.status, orjson.loads(raw) if raw else {}

    async def opens(self, door: Member, key: str) -> bool:
        """Whether the key opens this gateway."""
        for _ in range(60):
            status, body = await self.once("GET", f"{door.url}/api/v1/user", key=key)
            if status and (state := final(status, body)) is not None:
                return state is State.DONE
            await asyncio.sleep(_PAUSE)
        raise AssertionError(f"{door.name} gives no final word: {status} {body}")

    async def listed(self, path: str, *, key: str, headers: Mapping[str, str] | None = None) -> list[Any]:
        """Every item of a list, page by page; the suite is whole."""
        found: list[Any] = []
        cursor = ""
        while True:
            more = f"{'&' if '?' in path else '?'}per_page=100" + (f"&cursor={cursor}" if cursor else "")
            for _ in range(60):
                door = self._door()
                status, body = await self.once("GET", f"{door.url}/api/v1/{path}{more}", key=key, headers=headers)
                if status == 200:
                    break
                await asyncio.sleep(_PAUSE)
            else:
                raise AssertionError(f"{path} could not be listed: {status} {body}")
            found += body["data"]
            cursor = body["meta"].get("next_cursor") or ""
            if not cursor:
                return found

    def _door(self, avoid: str = "") -> Member:
        doors: Sequence[Member] = self.doors()
        others = [door for door in doors if door.name != avoid] or doors
        return others[next(self._turns) % len(others)]


def _failure(status: int, body: Any) -> str:
    if not status:
        return str(body)
    scope = body["error"].get("scope", "") if isinstance(body, dict) and "error" in body else ""
    return f"{status} {scope}".strip()


def _code(body: Any) -> str:
    return str(body["error"]["code"]) if isinstance(body, dict) and "error" in body else ""


def _id(body: Any) -> str:
    data = body.get("data") if isinstance(body, dict) else None
    return str(data.get("id", "")) if isinstance(data, dict) else ""
