"""Logs: structlog, JSON for machines or a console for people, and no secret in either."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Literal

import orjson
import structlog

from atrium_common.tracing import CURRENT

MASK = "…"
_DEEPEST = 6
_MOST_SAID = 1000
_SECRET = re.compile(
    r"(?P<head>sk_(?:live|test)_|whsec_)[A-Za-z0-9+/=_-]+"
    r"|(?P<scheme>(?i:Bearer|Basic) )[^\s\"',]+"
    r"|(?P<user>://[^\s:/@]*:)[^\s@/]+(?=@)"
    r"|(?P<principal>\bv1\.)[\w-]+\.[\w-]{16,}\.[\w-]{80,}"
)
_SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:key|keys|secret|secrets|token|tokens|authorization|password|cookie|principal|signature)\Z",
    re.IGNORECASE,
)


def configure_logging(*, service: str, level: str, style: Literal["console", "json"]) -> None:
    """Send all logs of this process, the libraries' too, to standard error in this style."""
    numeric = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    # The stack is made text before it is redacted, and never shows the values of variables.
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
        traced,
        structlog.processors.format_exc_info,
        redacted,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(serializer=_json)
        if style == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(Seldom())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(numeric, logging.WARNING))


class Seldom(logging.Filter):
    """Lets a library say the same thing once in `seconds`: a client of a lost server would say it hundreds of times."""

    def __init__(self, seconds: float = 10.0, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._monotonic = monotonic
        self._said: dict[tuple[str, int, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this has not been said for a while, whatever its arguments are."""
        now = self._monotonic()
        said = (record.name, record.levelno, str(record.msg))
        if now - self._said.get(said, float("-inf")) < self._seconds:
            return False
        if len(self._said) >= _MOST_SAID:
            self._said.clear()
        self._said[said] = now
        return True


def traced(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The log entry with the trace that it belongs to, where it does not say so itself."""
    if "trace_id" not in event and (traceparent := CURRENT.get()):
        event["trace_id"] = traceparent[3:35]
    return event


def redacted(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The log entry with everything that looks like a secret, or is named like one, masked at any depth."""
    for name, value in event.items():
        event[name] = _masked(name, value, _DEEPEST)
    return event


def _masked(name: str, value: object, depth: int) -> object:
    if isinstance(value, str):
        if _SECRET_NAME.search(name):
            return MASK
        return _SECRET.sub(lambda found: f"{found[found.lastgroup or 0]}{MASK}", value)
    if isinstance(value, bytes):
        return MASK
    if depth and isinstance(value, dict):
        return {str(key): _masked(str(key), item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, list | tuple | set | frozenset):
        return [_masked(name, item, depth - 1) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    # What a renderer would turn into text must not carry a secret past the mask.
    return _masked(name, str(value), 0)


def _json(value: object, **_: object) -> str:
    return orjson.dumps(value, default=str).decode()


def _named(service: str) -> Any:
    def add(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("service", service)
        return event

    return add
