"""Traces: W3C Trace Context from request to event to consumer to delivery; spans of it by OTLP where that is set up.

Every event and log line carries its trace whether spans are recorded or not. Recording is an extra
(`atrium-common[tracing]`), off until ATRIUM_OTLP_ENDPOINT is set: nothing of OpenTelemetry is imported before, and
what might be recorded asks once whether there is a tracer.
"""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal, TypeAlias

from atrium_common.settings import Settings, UnfitSetting

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as _Span
    from opentelemetry.trace import SpanKind

Kind: TypeAlias = Literal["SERVER", "CLIENT", "CONSUMER"]
Value: TypeAlias = str | int | float | bool

CURRENT: ContextVar[str] = ContextVar("traceparent", default="")
"""The `traceparent` of what is being done, for log lines and calls to other services; empty where there is none."""

_FLUSH_MS = 3_000
_NOT_INSTALLED = (
    "ATRIUM_OTLP_ENDPOINT is set, but what records traces is not installed: pip install"
    " 'atrium-common[tracing]', or in a checkout `pip install -r requirements/tracing.txt`"
)


class Span:
    """A piece of work that is being timed.

    Attributes:
        traceparent: what it hands on (W3C Trace Context).
    """

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: _Span) -> None:
        """Over OpenTelemetry's."""
        self._span = span
        context = span.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def end(self, attributes: Mapping[str, Value] | None = None, *, name: str = "", fault: str = "") -> None:
        """It is done, and was what `name` says; `fault` says why it failed. A second end changes nothing."""
        if not self._span.is_recording():
            return
        if name:
            self._span.update_name(name)
        if attributes:
            self._span.set_attributes(attributes)
        if fault:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_status(Status(StatusCode.ERROR, fault))
        self._span.end()


class Tracer:
    """Begins spans and sends them on in the background."""

    def __init__(self, provider: TracerProvider) -> None:
        """Over OpenTelemetry's."""
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("atrium")
        self._read = TraceContextTextMapPropagator().extract
        self._kinds: Mapping[str, SpanKind] = {kind.name: kind for kind in SpanKind}

    def begin(self, name: str, kind: Kind, parent: str, attributes: Mapping[str, Value]) -> Span:
        """A span below `parent` (a `traceparent`; empty: the first one of a trace)."""
        context = self._read({"traceparent": parent}) if parent else None
        return Span(self._tracer.start_span(name, context=context, kind=self._kinds[kind], attributes=attributes))

    async def close(self) -> None:
        """Send what waits, for some seconds at most."""
        await asyncio.to_thread(self._provider.force_flush, _FLUSH_MS)
        await asyncio.to_thread(self._provider.shutdown)


class _Installed:
    tracer: Tracer | None = None


def tracer() -> Tracer | None:
    """What records spans in this process, or None: then nothing does."""
    return _Installed.tracer


def install(service: str, settings: Settings) -> Tracer | None:
    """Record spans of this process where the settings say where to.

    Raises:
        UnfitSetting: they do, but the extra is not installed.
    """
    check(settings)
    _Installed.tracer = None if settings.otlp_endpoint is None else _made(service, settings.otlp_endpoint, settings)
    return _Installed.tracer


def check(settings: Settings) -> None:
    """Look whether spans can be recorded, where the settings want it.

    Raises:
        UnfitSetting: the extra is not installed.
    """
    if settings.otlp_endpoint is None:
        return
    try:
        importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        importlib.import_module("opentelemetry.sdk.trace.export")
    except ImportError:
        raise UnfitSetting(_NOT_INSTALLED) from None


def _made(service: str, endpoint: str, settings: Settings) -> Tracer:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    instance = f"{os.uname().nodename}/{os.getpid()}"
    resource = Resource.create({"service.name": f"atrium-{service}", "service.instance.id": instance})
    provider = TracerProvider(resource=resource, sampler=ParentBased(TraceIdRatioBased(settings.trace_sample_ratio)))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    return Tracer(provider)
