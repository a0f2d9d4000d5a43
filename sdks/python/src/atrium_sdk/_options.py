"""What a single call may say beyond its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Options:
    """Options of one call, or the client's own for every call.

    Attributes:
        workspace: the workspace in context, instead of the key's own.
        namespace: the namespace in context.
        api_key: another key than the client's.
        idempotency_key: instead of one made for you; repeat it to repeat a call that you are not sure of.
        if_match: the `etag` that the resource must still have.
        if_none_match: the `etag` that you know: `NotModified` is raised where it is still that.
        timeout: seconds until an attempt is answered, and again for all of its answer; `math.inf`: no limit.
        max_retries: how often a failed attempt is repeated.
        headers: further headers, or others than the SDK's own.
    """

    workspace: str | None = None
    namespace: str | None = None
    api_key: str | None = field(default=None, repr=False)
    idempotency_key: str | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    timeout: float | None = None
    max_retries: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def over(self, below: Options) -> Options:
        """These options, with `below` for what they leave open."""
        return Options(
            workspace=self.workspace if self.workspace is not None else below.workspace,
            namespace=self.namespace if self.namespace is not None else below.namespace,
            api_key=self.api_key or below.api_key,
            idempotency_key=self.idempotency_key or below.idempotency_key,
            if_match=self.if_match or below.if_match,
            if_none_match=self.if_none_match or below.if_none_match,
            timeout=self.timeout if self.timeout is not None else below.timeout,
            max_retries=self.max_retries if self.max_retries is not None else below.max_retries,
            headers={**below.headers, **self.headers},
        )
