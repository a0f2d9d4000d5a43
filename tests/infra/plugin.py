"""pytest's way to the servers: fixtures, `--require`, and a word at the end about every suite that did not run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.infra import resolve
from tests.infra.jars import Unavailable

_NEEDS: dict[str, Callable[[], resolve.Server]] = {"kafka": resolve.kafka, "mongo": resolve.mongo}
_missing: dict[str, str] = {}
_not_run: dict[str, set[str]] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require", default="", help="servers that must be there: kafka,mongo")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _not_run:
        terminalreporter.section("suites that did not run")
        for need, modules in sorted(_not_run.items()):
            for module in sorted(modules):
                terminalreporter.write_line(f"{module}: no {need} ({_missing[need]})")


def _server(need: str, request: pytest.FixtureRequest) -> Iterator[str]:
    try:
        server = _NEEDS[need]()
    except Unavailable as reason:
        _missing[need] = str(reason)
        if need in request.config.getoption("--require").split(","):
            pytest.exit(f"{need} is required, and not to be had: {reason}", returncode=1)
        yield ""
        return
    yield server.address
    server.close()


@pytest.fixture(scope="session")
def _kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from _server("kafka", request)


@pytest.fixture(scope="session")
def _mongo(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from _server("mongo", request)


def _given(need: str, address: str, request: pytest.FixtureRequest) -> str:
    if not address:
        _not_run.setdefault(need, set()).add(request.node.nodeid.partition("::")[0])
        pytest.skip(f"no {need}: {_missing[need]}")
    return address


@pytest.fixture
def kafka_bootstrap(_kafka: str, request: pytest.FixtureRequest) -> str:
    """The address of a Kafka broker."""
    return _given("kafka", _kafka, request)


@pytest.fixture
def mongodb_url(_mongo: str, request: pytest.FixtureRequest) -> str:
    """The URL of a MongoDB-wire server."""
    return _given("mongo", _mongo, request)
