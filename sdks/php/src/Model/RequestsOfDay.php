<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** RequestsOfDay. */
final class RequestsOfDay extends \Atrium\SDK\Model
{
    public readonly ?int $count;
    public readonly ?string $date;

    protected function fill(array $data): void
    {
        $this->count = $data['count'] ?? null;
        $this->date = $data['date'] ?? null;
    }
}
