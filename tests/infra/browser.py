"""A headless Chromium for tests, driven over the DevTools protocol: opens pages, runs scripts, tells what it loaded."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import signal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)


class Browser:
    """One page of a browser with a profile of its own.

    Attributes:
        requested: every address that the page has asked for.
        complaints: what its console and its security policy had to say.
    """

    def __init__(self, profile: Path) -> None:
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self._profile = profile
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._page = ""

    async def __aenter__(self) -> Self:
        assert PROGRAM is not None
        self._process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *_FLAGS,
            f"--user-data-dir={self._profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        address = ""
        async with asyncio.timeout(60):
            while "DevTools listening on " not in address:
                line = await self._process.stderr.readline()
                assert line, "chromium ended"
                address = line.decode(errors="replace").strip()
        self._noise = asyncio.create_task(self._process.stderr.read())
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(address.partition("listening on ")[2], max_msg_size=0)
        self._reader = asyncio.create_task(self._read())
        target = await self._send("Target.createTarget", url="about:blank")
        attached = await self._send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._page = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            await self._send(f"{domain}.enable")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        await self._socket.close()
        await self._session.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            self._process.kill()
        self._noise.cancel()

    async def open(self, url: str) -> None:
        """Go there."""
        await self._send("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """The value of this expression in the page."""
        answer = await self._send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def until(self, script: str, *, seconds: float = 20) -> Any:
        """The value of this expression as soon as it is true."""
        async with asyncio.timeout(seconds):
            while not (value := await self.run(script)):
                await asyncio.sleep(0.05)
            return value

    async def screenshot(self, path: Path, *, width: int = 1280, height: int = 900) -> None:
        """What the page looks like."""
        import base64

        await self._send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        shot = await self._send("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    async def _send(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        await self._socket.send_str(json.dumps(message | ({"sessionId": self._page} if self._page else {})))
        return await asyncio.wait_for(self._waiting[number], 30)

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                waiting = self._waiting.pop(told["id"])
                if "error" in told:
                    waiting.set_exception(RuntimeError(str(told["error"])))
                else:
                    waiting.set_result(told["result"])
            elif told.get("method") == "Network.requestWillBeSent":
                self.requested.append(told["params"]["request"]["url"])
            elif told.get("method") == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
                self.complaints.append(told["params"]["entry"]["text"])
            elif told.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(str(told["params"]["exceptionDetails"]))
