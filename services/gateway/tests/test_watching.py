"""What the gateway counts of its answers."""

from atrium_gateway.exchange import Exchange
from atrium_gateway.http1.message import Request
from atrium_gateway.watching import Watching


async def test_methods_that_nobody_knows_take_no_memory() -> None:
    watching = Watching(log_every=10**9)
    for number in range(200):
        method = "X" + "".join(chr(65 + int(digit)) for digit in str(number))
        watching.answered(Exchange(Request(method, "/", {}, peer="127.0.0.1"), "req_1", 0.0, 30.0), 404, 0.001)
    assert len(watching._counted) == 1
