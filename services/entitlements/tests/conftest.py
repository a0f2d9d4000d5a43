"""What tests of the rules share."""

import pytest

from atrium_entitlements.domain.catalogue import Feature
from services.entitlements.tests.house import House, package


@pytest.fixture
def house() -> House:
    """Features of every kind; `plan` is a base package, `extra` an add-on that stacks, `once` one that does not."""
    features = [
        Feature("feat_1", "calls", "Calls", "limit", "monthly", unit="calls"),
        Feature("feat_2", "storage", "Storage", "limit", unit="bytes"),
        Feature("feat_3", "storage.images", "Images", "limit", parent="storage", unit="bytes"),
        Feature("feat_4", "storage.images.small", "Small images", "limit", parent="storage.images", unit="bytes"),
        Feature("feat_5", "seats", "Seats", "limit"),
        Feature("feat_6", "mails", "Mails", "limit", "rolling", rolling_window_days=30),
        Feature("feat_7", "sso", "Single sign-on", "boolean"),
        Feature("feat_8", "logs", "Logs", "unlimited"),
        Feature("feat_9", "credits", "Credits", "limit", "monthly", spill=True),
        Feature("feat_10", "minutes", "Minutes", "limit", "monthly", rolls_over=True),
        Feature("feat_11", "money", "Money", "limit", scale=2, unit="EUR"),
    ]
    limits = {
        "calls": 100, "storage": 1000, "storage.images": 400, "seats": 10, "mails": 50, "sso": None, "logs": None,
        "minutes": 60, "money": 1000,
    }  # fmt: skip
    packages = [
        package("plan", limits),
        package("bigger", {**limits, "seats": 50, "calls": 500}),
        package("endless", {"calls": None}),
        package("extra", {"seats": 5, "credits": 10}, is_base=False, is_stackable=True),
        package("once", {"seats": 1}, is_base=False),
        package("gone", {"seats": 1}, is_active=False),
        package("tier.free", {"seats": 2, "calls": 20, "credits": 5}, tier="free"),
        package("tier.pro", {"seats": 4, "calls": 40, "credits": 7}, tier="pro"),
    ]
    return House(features, packages)
