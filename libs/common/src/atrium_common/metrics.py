"""Every metric of the suite, named once. Labels hold templates and codes, never ids or secrets."""

from __future__ import annotations

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from atrium_common.tallies import Requests, Tally

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SLOW = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)

HTTP_REQUESTS = Requests("atrium_http_requests_total", "atrium_http_request_seconds", bounds=_FAST, registry=REGISTRY)
CERTIFICATE_EXPIRES = Gauge("atrium_tls_certificate_expires_seconds", "Unix time at which the certificate shown ends")
START_WAITS = Gauge("atrium_start_waits", "1 while a process that starts can not reach its store or its stream")
WRITES_FAIL = Gauge("atrium_store_writes_fail", "1 while background tasks can not write to the store")
TASK_RESTARTS = Counter("atrium_task_restarts_total", "Background tasks that failed and were started again", ["task"])
RELAYED = Counter("atrium_relay_messages_total", "Messages put onto the event stream", ["topic"])
RELAY_LAG = Gauge("atrium_relay_lag_commits", "Commits of the log not yet on the event stream", ["topic"])
CONSUMED = Counter("atrium_consumer_messages_total", "Messages handled", ["reactor", "outcome"])
LOST = Counter("atrium_consumer_lost_total", "Records that the stream dropped before they were read", ["topic"])
CONSUMER_LAG = Gauge("atrium_consumer_lag_seconds", "Age of the oldest message in hand; 0: none waits", ["reactor"])
PARKED = Gauge("atrium_consumer_parked", "Messages that wait for an operator", ["reactor"])
KEY_CACHE = Counter("atrium_gateway_key_lookups_total", "Key look-ups by where the answer came from", ["source"])
KEY_CACHE_BYTES = Gauge("atrium_gateway_key_cache_bytes", "About how much memory the remembered keys take")
REVOCATION_SECONDS = Histogram(
    "atrium_gateway_revocation_seconds",
    "From an event that changes what keys may do to its being heeded here",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60),
)
CLIENT_CLOSED = Counter(
    "atrium_gateway_client_closed_total", "Requests whose client hung up before the answer", ["route"]
)
SHED = Counter("atrium_gateway_shed_total", "Requests refused because too many were in flight", ["kind"])
IN_FLIGHT = Gauge("atrium_gateway_in_flight", "Requests between arrival and answer")
RETRIED = Counter("atrium_gateway_retries_total", "Calls to a service that were made a second time", ["upstream"])
BREAKER_OPEN = Gauge("atrium_gateway_breaker_open", "1 while a service is not called because it fails", ["upstream"])
REFUSED = Counter("atrium_gateway_refusals_total", "Requests that the gateway itself refused", ["code"])
UPSTREAM_ERRORS = Counter("atrium_gateway_upstream_errors_total", "Failed calls to a service", ["upstream", "kind"])
DELIVERY_ATTEMPTS = Counter("atrium_webhooks_attempts_total", "Delivery attempts by outcome", ["outcome"])
DELIVERY_SECONDS = Histogram(
    "atrium_webhooks_event_to_success_seconds", "From the event to the receiver's 2xx", buckets=_SLOW
)
DELIVERIES_DUE = Gauge("atrium_webhooks_due", "Deliveries in line that this process serves")
DELIVERIES_DUE_AGE = Gauge(
    "atrium_webhooks_oldest_due_seconds", "How long one of them has waited that was due and could have begun"
)
DELIVERIES_IN_FLIGHT = Gauge("atrium_webhooks_in_flight", "Attempts under way")
BREAKERS_OPEN = Gauge("atrium_webhooks_breakers_open", "Endpoints that are only probed")
ENDPOINTS_DISABLED = Counter("atrium_webhooks_disabled_total", "Endpoints that the platform disabled", ["cause"])
RATE_LIMITED = Counter("atrium_gateway_rate_limited_total", "Requests refused by a rate limit", ["scope"])
LIMIT_OPERATIONS = Counter("atrium_gateway_limit_store_operations_total", "Rate limits: calls to the store", ["kind"])
LIMIT_DEGRADED = Gauge("atrium_gateway_limit_degraded", "1 while limits go on without their store, from a safe share")
LIMIT_UNSETTLED = Counter("atrium_gateway_limit_safe_share_total", "Requests let pass on the safe share")
LIMIT_RETURNED = Counter("atrium_gateway_limit_returned_total", "Leased requests given back unspent")
REPLAYS = Counter("atrium_gateway_idempotency_total", "Requests with an idempotency key, by what was done", ["outcome"])
METERED = Tally("atrium_gateway_metered_requests_total", "Requests counted for api_calls")
METER_PUBLISHED = Counter("atrium_gateway_metered_messages_total", "Usage totals put onto the event stream")
METER_WAITING = Gauge("atrium_gateway_metered_waiting", "Usage totals not yet on the event stream")
