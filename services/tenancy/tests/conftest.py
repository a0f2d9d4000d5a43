from collections.abc import AsyncIterator

import pytest

from services.tenancy.tests.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with World() as running:
        yield running
