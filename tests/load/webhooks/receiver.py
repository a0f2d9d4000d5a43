"""A receiver that costs next to nothing: `python -m tests.load.webhooks.receiver` prints its port."""

from __future__ import annotations

import asyncio
import re
import time
from typing import ClassVar, cast

import orjson
import uvloop

TIMED = re.compile(rb'"t":([0-9.]+)')


class Receiver(asyncio.Protocol):
    """Answers 204 to whole requests as fast as it can; neighbours get no answer once they have been told to hang."""

    hanging: ClassVar[bool] = False
    counts: ClassVar[dict[bytes, int]] = {}
    latencies: ClassVar[list[float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            length = int(found[1]) if found else 0
            if len(self.buffer) < end + 4 + length:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + length], self.buffer[end + 4 + length :]
            self.answer(head.split(b" ", 2)[1], body)

    def answer(self, path: bytes, body: bytes) -> None:
        if path.startswith(b"/stats"):
            told = orjson.dumps({"latencies": self.latencies, "received": sum(self.counts.values())})
            self.latencies.clear()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))
            return
        is_neighbour = path.startswith(b"/neighbour")
        if path.startswith(b"/hang"):
            Receiver.hanging = True
        if is_neighbour and self.hanging:
            return
        self.counts[path] = self.counts.get(path, 0) + 1
        timed = TIMED.search(body)
        if timed and float(timed[1]) and not is_neighbour:
            self.latencies.append((time.monotonic() - float(timed[1])) * 1000)
        self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


async def receive(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(receive(0))
