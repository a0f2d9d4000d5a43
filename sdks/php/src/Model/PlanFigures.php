<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** PlanFigures. */
final class PlanFigures extends \Atrium\SDK\Model
{
    public readonly ?int $limit;
    public readonly ?\DateTimeImmutable $reset_at;
    public readonly ?string $unit;
    public readonly ?int $used;

    protected function fill(array $data): void
    {
        $this->limit = $data['limit'] ?? null;
        $this->reset_at = self::moment($data['reset_at'] ?? null);
        $this->unit = $data['unit'] ?? null;
        $this->used = $data['used'] ?? null;
    }
}
