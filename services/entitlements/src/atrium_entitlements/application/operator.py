"""The operator's workspace: who hears of changes of the catalogue."""

from __future__ import annotations

from typing import cast

from atrium_common.http.client import ServiceClient
from atrium_common.jsontypes import JSONObject


class OperatorWorkspace:
    """Asks tenancy once; the operator of an installation never changes."""

    def __init__(self, tenancy: ServiceClient) -> None:
        self._tenancy = tenancy
        self._id: str | None = None

    async def id(self) -> str:
        """The id of the operator's workspace.

        Raises:
            Unavailable: tenancy does not answer.
        """
        if self._id is None:
            answer = await self._tenancy.call("GET", "/internal/operator")
            self._id = str(cast("JSONObject", answer["data"])["workspace_id"])
        return self._id
