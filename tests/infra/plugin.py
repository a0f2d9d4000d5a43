"""pytest's way to the servers: fixtures, `--require`, and a word at the end about every suite that did not run.

Run on several workers, each has servers of its own, and whoever counts at the end is the process above them: so what
did not run is read from the tests' reports, which reach it from everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.infra import resolve
from tests.infra.jars import Unavailable

_NEEDS: dict[str, Callable[[], resolve.Server]] = {"kafka": resolve.kafka, "mongo": resolve.mongo}
_NOT_RUN = "did not run: "


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require", default="", help="servers that must be there: kafka,mongo")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    not_run = {
        (report.nodeid.partition("::")[0], report.longrepr[2].partition(_NOT_RUN)[2])
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple) and _NOT_RUN in report.longrepr[2]
    }
    if not_run:
        terminalreporter.section("suites that did not run")
        for module, reason in sorted(not_run):
            terminalreporter.write_line(f"{module}: {reason}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """On several workers, what shares a suite runs on one of them: the end-to-end tests of a stack, or of a file."""
    from xdist.scheduler import LoadScopeScheduling

    class ByStack(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
        def _split_scope(self, nodeid: str) -> str:
            path, _, test = nodeid.partition("::")
            if not path.startswith("tests/e2e/"):
                return nodeid
            stacks = {"embedded", "kafka+mongodb"}.intersection(test.partition("[")[2].removesuffix("]").split("-"))
            return stacks.pop() if stacks else path

    return ByStack(config, log)


def _server(need: str) -> Iterator[str | Unavailable]:
    try:
        server = _NEEDS[need]()
    except Unavailable as reason:
        yield reason
        return
    yield server.address
    server.close()


@pytest.fixture(scope="session")
def _kafka() -> Iterator[str | Unavailable]:
    yield from _server("kafka")


@pytest.fixture(scope="session")
def _mongo() -> Iterator[str | Unavailable]:
    yield from _server("mongo")


def _given(need: str, address: str | Unavailable, request: pytest.FixtureRequest) -> str:
    if isinstance(address, str):
        return address
    if need in request.config.getoption("--require").split(","):
        pytest.fail(f"{need} is required, and not to be had: {address}", pytrace=False)
    pytest.skip(f"{_NOT_RUN}no {need} ({address})")


@pytest.fixture
def kafka_bootstrap(_kafka: str | Unavailable, request: pytest.FixtureRequest) -> str:
    """The address of a Kafka broker."""
    return _given("kafka", _kafka, request)


@pytest.fixture(scope="session")
def mongodb_url(_mongo: str | Unavailable, request: pytest.FixtureRequest) -> str:
    """The URL of a MongoDB-wire server."""
    return _given("mongo", _mongo, request)
