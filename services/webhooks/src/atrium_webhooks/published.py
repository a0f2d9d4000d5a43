"""The public event types of webhooks."""

from __future__ import annotations

from pydantic import BaseModel

from atrium_common.eventing.published import PublishedType
from atrium_webhooks import resources

TOPIC = "webhooks.events"


def _of(action: str, description: str, model: type[BaseModel] = resources.PublicWebhook) -> PublishedType:
    return PublishedType(f"webhook.{action}", description, "webhook", model, TOPIC)


PUBLISHED = (
    _of("created", "A webhook was created."),
    _of("updated", "What a webhook wants, how or whether it is sent changed."),
    _of("deleted", "A webhook was deleted."),
    _of("disabled", "Nothing is sent to a webhook any more; disabled_reason says why, where not its client did it."),
    _of("enabled", "A webhook gets events again."),
    _of("secret_rotated", "A webhook has a new secret.", resources.RotatedWebhook),
    _of("failing", "Every delivery to a webhook has failed for long; it will be disabled.", resources.FailingWebhook),
    PublishedType(
        "webhook.test",
        "Sent to one webhook on request, to see whether it is received; never on the stream.",
        "webhook",
        resources.WebhookTest,
        None,
    ),
)
