<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** The most attempts in any span of so many seconds. */
final class Limit extends \Atrium\SDK\Model
{
    public readonly ?int $requests;
    public readonly ?int $per_seconds;

    protected function fill(array $data): void
    {
        $this->requests = $data['requests'] ?? null;
        $this->per_seconds = $data['per_seconds'] ?? null;
    }
}
