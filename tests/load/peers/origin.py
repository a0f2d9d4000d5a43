"""A service behind the proxies that costs next to nothing: 300 bytes of JSON for anything; it also resolves any key."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import cast

import uvloop

END = b'"~end"}}'
_BODY = b'{"data":{"id":"wks_1","name":"' + b"x" * (300 - 38 - len(END)) + b'","end":' + END
_HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: "1-abc"\r\nContent-Length: %d\r\n\r\n'
_HOLDER = {
    "position": 1,
    "key": {
        "id": "key_1",
        "workspace_id": "wks_1",
        "bound": False,
        "scopes": ["*:read", "webhooks:*"],
        "environment": "live",
        "rate_limit_tier": "enterprise",
        "tier_limit": "enterprise",
        "rate_limit": {"requests": 1_000_000_000, "burst": 1_000_000},
        "ip_allowlist": [],
        "expires_at": None,
    },
    "user": {"id": "usr_1", "tier": "enterprise"},
    "context": {
        "access": "ok",
        "workspace": {"id": "wks_1", "version": 1, "tier": "enterprise", "status": "active"},
        "role": "owner",
        "permissions": ["*"],
        "namespace": None,
        "namespace_access": "ok",
    },
}


def _answer(body: bytes) -> bytes:
    return _HEAD % len(body) + body


_PLAIN, _RESOLVED = _answer(_BODY), _answer(json.dumps(_HOLDER).encode())
_NOTHING = _answer(b"{}")


class Origin(asyncio.Protocol):
    """Answers each request; bodies are small, and come with their heads."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET "):
            self._transport.write(_PLAIN if b" /internal/" not in data[:40] else _NOTHING)
        elif b" /internal/" in data[:40]:
            # The client of internal calls sends head and body apart.
            if b"{" in data:
                self._transport.write(_RESOLVED if b"/keys/resolve" in data[:60] else _NOTHING)
            else:
                self._resolves = b"/keys/resolve" in data[:60]
        else:
            self._transport.write(_RESOLVED if self._resolves else _NOTHING)


async def serve(port: int) -> None:
    """Serve for ever."""
    server = await asyncio.get_running_loop().create_server(Origin, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
