"""What refusals are, and which of them are faults of ours."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from atrium_common.errors import GatewayTimeout
from atrium_common.testing.clock import FakeClock
from atrium_gateway.answering import Answering
from atrium_gateway.cors import Cors
from atrium_gateway.exchange import Exchange
from atrium_gateway.http1.message import ClientGone, Request
from atrium_gateway.watching import Watching


@pytest.mark.parametrize(
    ("error", "status", "ours"),
    [(ClientGone(), 408, False), (TimeoutError(), 504, False), (GatewayTimeout(), 504, False), (OSError(), 500, True)],
)
def test_only_what_nobody_has_foreseen_is_logged_as_a_fault_of_ours(error: Exception, status: int, ours: bool) -> None:
    answering = Answering(Cors([]), Watching(log_every=1), clock=FakeClock())
    exchange = Exchange(Request("POST", "/", {}, peer="127.0.0.1"), "req_1", 0.0, 30.0)
    with capture_logs() as logged:
        assert answering.refusal(exchange, error).status == status
    assert [each["event"] for each in logged] == (["request failed"] if ours else [])
