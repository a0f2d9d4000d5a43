<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** An enterprise key's own limit: requests an hour, and burst. */
final class RateLimitBody extends \Atrium\SDK\Model
{
    public readonly ?int $burst;
    public readonly ?int $requests;

    protected function fill(array $data): void
    {
        $this->burst = $data['burst'] ?? null;
        $this->requests = $data['requests'] ?? null;
    }
}
