"""`python -m atrium_webhooks`: the service as a process, told by `ATRIUM_…` variables."""

from atrium_common.settings import in_force
from atrium_webhooks.settings import WebhooksSettings
from atrium_webhooks.wiring import run

if __name__ == "__main__":
    run(in_force(WebhooksSettings))
