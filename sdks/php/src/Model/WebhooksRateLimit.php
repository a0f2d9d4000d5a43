<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** The most attempts in any span of so many seconds. */
final class WebhooksRateLimit extends \Atrium\SDK\Model
{
    public readonly ?int $per_seconds;
    public readonly ?int $requests;

    protected function fill(array $data): void
    {
        $this->per_seconds = $data['per_seconds'] ?? null;
        $this->requests = $data['requests'] ?? null;
    }
}
