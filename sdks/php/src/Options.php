<?php

declare(strict_types=1);

namespace Atrium\SDK;

/** What a single call may say beyond its parameters, or a client for all of its calls. */
final class Options
{
    /**
     * @param ?string $workspace the workspace in context, instead of the key's own
     * @param ?string $namespace the namespace in context
     * @param ?string $apiKey another key than the client's
     * @param ?string $idempotencyKey instead of one made for you; repeat it to repeat a call that you are not sure of
     * @param ?string $ifMatch the etag that the resource must still have
     * @param ?string $ifNoneMatch the etag that you know: NotModified is thrown where it is still that
     * @param ?float $timeout seconds for each attempt; INF for no limit
     * @param ?int $maxRetries how often a failed attempt is repeated
     * @param array<string, string> $headers further headers, or others than the SDK's own
     */
    public function __construct(
        public readonly ?string $workspace = null,
        public readonly ?string $namespace = null,
        #[\SensitiveParameter] public readonly ?string $apiKey = null,
        public readonly ?string $idempotencyKey = null,
        public readonly ?string $ifMatch = null,
        public readonly ?string $ifNoneMatch = null,
        public readonly ?float $timeout = null,
        public readonly ?int $maxRetries = null,
        public readonly array $headers = [],
    ) {
    }

    /** @return array<string, mixed> neither dumped nor logged with a key */
    public function __debugInfo(): array
    {
        return array_diff_key(get_object_vars($this), ['apiKey' => true]);
    }

    /** These options, with those below for what they leave open. */
    public function over(self $below): self
    {
        return new self(
            workspace: $this->workspace ?? $below->workspace,
            namespace: $this->namespace ?? $below->namespace,
            apiKey: $this->apiKey ?? $below->apiKey,
            idempotencyKey: $this->idempotencyKey ?? $below->idempotencyKey,
            ifMatch: $this->ifMatch ?? $below->ifMatch,
            ifNoneMatch: $this->ifNoneMatch ?? $below->ifNoneMatch,
            timeout: $this->timeout ?? $below->timeout,
            maxRetries: $this->maxRetries ?? $below->maxRetries,
            headers: [...$below->headers, ...$this->headers],
        );
    }
}
