import pytest

from atrium_webhooks.domain.matching import is_subscription, wants


@pytest.mark.parametrize(
    ("subscription", "event_type", "wanted"),
    [
        ("*", "anything.at.all", True),
        ("workspace.*", "workspace.created", True),
        ("workspace.*", "workspaces.created", False),
        ("workspace.created", "workspace.created", True),
        ("workspace.created", "workspace.updated", False),
        ("order.item.*", "order.item.added", True),
    ],
)
def test_exact_types_resources_and_everything_match(subscription: str, event_type: str, wanted: bool) -> None:
    assert is_subscription(subscription)
    assert wants([subscription], event_type) is wanted


@pytest.mark.parametrize("text", ["", "workspace", "*.created", "Workspace.created", "a..b", "a.b.", "**"])
def test_what_is_no_event_type_can_not_be_subscribed_to(text: str) -> None:
    assert not is_subscription(text)
