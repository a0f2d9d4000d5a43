"""A client's settings are typed, and its time-out ends an attempt whose answer trickles."""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from atrium_sdk import AsyncClient, Client, ConnectionFailed, errors


class Trickle(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of which another byte comes for ever."""

    def __init__(self) -> None:
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        while not self.is_closed:
            yield b" "

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while not self.is_closed:
            await asyncio.sleep(0)
            yield b" "

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


@pytest.mark.timeout(10)
def test_an_answer_that_trickles_is_ended_by_the_time_out() -> None:
    body = Trickle()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=body))
    client = Client("sk_test_x", transport=transport, timeout=0.05, max_retries=0)
    with client, pytest.raises(ConnectionFailed, match="in time"):
        client.users.me()
    assert body.is_closed


@pytest.mark.timeout(10)
async def test_an_awaited_answer_that_trickles_is_ended_by_the_time_out() -> None:
    body = Trickle()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=body))
    async with AsyncClient("sk_test_x", transport=transport, timeout=0.05, max_retries=0) as client:
        with pytest.raises(ConnectionFailed, match="in time"):
            await client.users.me()
    assert body.is_closed


def test_an_answer_nested_beyond_reason_is_an_error_of_the_sdks_own() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"[" * 100_000))
    with Client("sk_test_x", transport=transport) as client, pytest.raises(errors.ApiError, match="no JSON"):
        client.users.me()


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_setting_of_a_client_has_a_name_and_a_type(kind: Callable[..., object]) -> None:
    parameters = inspect.signature(kind).parameters.values()
    assert not [each.name for each in parameters if each.kind is each.VAR_KEYWORD]
    assert {"base_url", "timeout", "max_retries", "transport"} <= {each.name for each in parameters}
    with pytest.raises(TypeError, match="base_ulr"):
        kind("sk_test_x", base_ulr="https://api.example.com")


def test_threads_share_a_client() -> None:
    seen: list[str] = []
    barrier = threading.Barrier(8)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": {"id": request.url.path.rpartition("/")[2]}})

    with Client("sk_test_x", transport=httpx.MockTransport(answer)) as client:

        def ask(name: str) -> None:
            barrier.wait()
            seen.append(client.workspaces.get(name).id)

        threads = [threading.Thread(target=ask, args=(f"wks_{number}",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(seen) == [f"wks_{number}" for number in range(8)]
