"""Features and packages in the filters of lists, which like everywhere may be given by code or id."""

from __future__ import annotations

from atrium_common.http.listing import ListQuery
from atrium_entitlements.application.accounts import CurrentCatalogue


async def by_code(asked: ListQuery, catalogue: CurrentCatalogue) -> ListQuery:
    """The request with codes for ids in `feature`, `parent` and `package`; what there is not is found nowhere."""
    if asked.values.keys().isdisjoint(("feature", "parent", "package")):
        return asked
    await catalogue.refresh()

    def feature(reference: str) -> str:
        found = catalogue.feature(reference)
        return reference if found is None else found.code

    def package(reference: str) -> str:
        found = catalogue.package(reference)
        return reference if found is None else found.code

    return asked.spelt("feature", feature).spelt("parent", feature).spelt("package", package)
