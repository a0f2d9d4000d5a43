"""pytest's way to the servers: fixtures, `--require`, and a word at the end about every suite that did not run.

Run on several workers, they share the servers, which the process above them starts and ends. It also counts at the
end: so what did not run is read from the tests' reports, which reach it from everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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
    """On several workers, what shares a suite runs on one of them; `tests/e2e/conftest.py` says so in a test's id."""
    from xdist.scheduler import LoadScopeScheduling

    class BySuite(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
        def _split_scope(self, nodeid: str) -> str:
            path, _, test = nodeid.partition("::")
            if not path.startswith("tests/e2e/"):
                # The larger a scope the sooner it begins, and what starts servers is better not begun last.
                folder = path.rpartition("/")[0]
                return folder if folder.startswith(("tests/", "libs/common/tests/bus")) else nodeid
            words = test.partition("[")[2].removesuffix("]").split("-")
            stack = "".join({"embedded", "kafka+mongodb"}.intersection(words))
            if not stack or "own" in words:
                return f"{path} {stack}"
            return f"{stack} killed" if "killed" in words else stack

    return BySuite(config, log)


class SharedServers:
    """The servers of all workers: started before the first one, ended after the last."""

    def __init__(self) -> None:
        self._found: dict[str, resolve.Server | Unavailable] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where they are, or why one is not to be had."""
        if not self._found:
            with ThreadPoolExecutor() as starting:
                self._found = dict(zip(_NEEDS, starting.map(_found, _NEEDS), strict=True))
        node.workerinput["servers"] = {
            need: (True, server.address) if isinstance(server, resolve.Server) else (False, str(server))
            for need, server in self._found.items()
        }

    def pytest_unconfigure(self) -> None:
        """End them."""
        for server in self._found.values():
            if isinstance(server, resolve.Server):
                server.close()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SharedServers())


def _found(need: str) -> resolve.Server | Unavailable:
    try:
        return _NEEDS[need]()
    except Unavailable as reason:
        return reason


def _server(need: str, config: pytest.Config) -> Iterator[str | Unavailable]:
    shared = getattr(config, "workerinput", {}).get("servers")
    if shared is not None:
        there, told = shared[need]
        yield told if there else Unavailable(told)
        return
    server = _found(need)
    if isinstance(server, Unavailable):
        yield server
        return
    yield server.address
    server.close()


@pytest.fixture(scope="session")
def _kafka(pytestconfig: pytest.Config) -> Iterator[str | Unavailable]:
    yield from _server("kafka", pytestconfig)


@pytest.fixture(scope="session")
def _mongo(pytestconfig: pytest.Config) -> Iterator[str | Unavailable]:
    yield from _server("mongo", pytestconfig)


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
