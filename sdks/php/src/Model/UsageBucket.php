<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** What was used from `start` to `end`, exclusive; releases count against it. */
final class UsageBucket extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $end;
    public readonly ?int $quantity;
    public readonly ?\DateTimeImmutable $start;

    protected function fill(array $data): void
    {
        $this->end = self::moment($data['end'] ?? null);
        $this->quantity = $data['quantity'] ?? null;
        $this->start = self::moment($data['start'] ?? null);
    }
}
