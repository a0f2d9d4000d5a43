<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** How a holder stands with a feature. */
final class Figures extends \Atrium\SDK\Model
{
    public readonly ?int $available;
    public readonly ?int $limit;
    public readonly ?int $overage;
    public readonly ?float $percentage;
    public readonly ?\DateTimeImmutable $reset_at;
    public readonly ?string $unit;
    public readonly ?int $used;

    protected function fill(array $data): void
    {
        $this->available = $data['available'] ?? null;
        $this->limit = $data['limit'] ?? null;
        $this->overage = $data['overage'] ?? null;
        $this->percentage = $data['percentage'] ?? null;
        $this->reset_at = self::moment($data['reset_at'] ?? null);
        $this->unit = $data['unit'] ?? null;
        $this->used = $data['used'] ?? null;
    }
}
