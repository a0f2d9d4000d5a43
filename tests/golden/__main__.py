"""`python -m tests.golden`: writes the golden files that are missing; never changes one that is there."""

from __future__ import annotations

import asyncio
import json

from services.tenancy.tests.scenario import everything
from services.tenancy.tests.world import World
from tests.golden.files import path_of


async def _tenancy() -> None:
    async with World() as world:
        await everything(world)
        for commit in await world.store.log.read_log(after=0, limit=100_000):
            for part in commit.proposal.slices:
                for record in part.events:
                    path = path_of("tenancy", record.type, record.schema)
                    if path.exists():
                        continue
                    data = await world.vault.open(record.data)
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
                    print(f"wrote {path.name}")


if __name__ == "__main__":
    asyncio.run(_tenancy())
