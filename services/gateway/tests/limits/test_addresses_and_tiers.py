import pytest

from atrium_common.errors import RateLimited
from atrium_common.jsontypes import JSONObject
from atrium_common.testing.clock import FakeClock
from atrium_gateway.limits.addresses import GuessLimiter, network_of
from atrium_gateway.limits.tiers import Limits, allowance_of
from atrium_gateway.settings import GatewaySettings

TIERS = GatewaySettings().tiers


def over(limiter: GuessLimiter, address: str) -> RateLimited | None:
    try:
        limiter.check(address)
    except RateLimited as refusal:
        return refusal
    return None


def test_an_address_may_guess_so_often_a_minute(clock: FakeClock) -> None:
    limiter = GuessLimiter(60, clock=clock)
    for _ in range(60):
        assert over(limiter, "192.0.2.1") is None
        limiter.failed("192.0.2.1")
    refusal = over(limiter, "192.0.2.1")
    assert refusal is not None
    assert (refusal.retry_after, refusal.limit, refusal.remaining, refusal.scope) == (60, 60, 0, "address")
    assert over(limiter, "192.0.2.2") is None
    clock.advance(59)
    assert over(limiter, "192.0.2.1") is not None
    clock.advance(1)
    assert over(limiter, "192.0.2.1") is None
    limiter.failed("192.0.2.1")
    assert over(limiter, "192.0.2.1") is None


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_whole_ipv6_network_of_64_bits_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_memory_of_addresses_is_bounded(clock: FakeClock) -> None:
    limiter = GuessLimiter(1, clock=clock)
    for number in range(60_000):
        limiter.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(limiter._counts) == 50_000


def key(tier: str, rate_limit: JSONObject | None = None) -> JSONObject:
    return {"id": "key_1", "rate_limit_tier": tier, "rate_limit": rate_limit}


@pytest.mark.parametrize(
    ("tier", "own", "requests", "burst"),
    [
        ("free", None, 1_000, 50),
        ("pro", None, 10_000, 200),
        ("business", None, 50_000, 500),
        ("enterprise", None, 1_000_000, 5_000),
        ("enterprise", {"requests": 7, "burst": 3}, 7, 3),
    ],
)
def test_a_keys_limits_follow_its_tier(tier: str, own: JSONObject | None, requests: int, burst: int) -> None:
    allowance = allowance_of(key(tier, own), TIERS)
    assert (allowance.requests, allowance.burst) == (requests, burst)
    assert 0 <= allowance.window_offset < 3600


def test_the_limits_of_a_tier_are_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_RATE_LIMITS_FREE", "7/3")
    assert GatewaySettings().tiers["free"] == Limits(7, 3)
    assert GatewaySettings().masked()["rate_limits_free"] == "7/3"
    for wrong in ("7", "7/0", "x/3", "7/3/1"):
        monkeypatch.setenv("ATRIUM_RATE_LIMITS_FREE", wrong)
        with pytest.raises(ValueError, match="requests/burst"):
            GatewaySettings()
