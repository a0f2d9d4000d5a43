"""`python -m atrium_tenancy`: the service as a process, told by `ATRIUM_…` variables."""

from atrium_common.settings import Settings, in_force
from atrium_tenancy.wiring import run

if __name__ == "__main__":
    run(in_force(Settings))
