"""`python -m atrium_gateway`: the gateway as a process, told by `ATRIUM_…` variables."""

from atrium_common.settings import in_force
from atrium_gateway.settings import GatewaySettings
from atrium_gateway.wiring import run

if __name__ == "__main__":
    run(in_force(GatewaySettings))
