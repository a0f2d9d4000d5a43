"""`make infra`: start both servers and say where they are, until Ctrl-C; or record the jars' checksums anew."""

from __future__ import annotations

import signal
import sys

from tests.infra import jars, resolve

if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        for kind in ("kafka", "mongo"):
            (jars.HERE / f"{kind}.sha256").write_text(jars.record(kind))
        sys.exit(0)
    servers = []
    try:
        for name, start, variable in (
            ("Kafka", resolve.kafka, "ATRIUM_KAFKA_BOOTSTRAP"),
            ("MongoDB wire", resolve.mongo, "ATRIUM_MONGODB_URL"),
        ):
            print(f"starting {name} …", file=sys.stderr, flush=True)
            server = start()
            servers.append(server)
            print(f"export {variable}={server.address}  # {server.origin}", flush=True)
        print("Ctrl-C ends both.", file=sys.stderr, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except jars.Unavailable as reason:
        sys.exit(f"not to be had: {reason}")
    finally:
        for server in servers:
            server.close()
