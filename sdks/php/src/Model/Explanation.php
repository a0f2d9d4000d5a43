<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** Why a check answers as it does: the answering level, and every level with its packages, boosts and grants. */
final class Explanation extends \Atrium\SDK\Model
{
    public readonly ?bool $allowed;
    public readonly ?\DateTimeImmutable $as_of;
    public readonly ?int $available;
    public readonly ?string $feature;
    public readonly ?string $level;
    /** @var null|list<array<string, mixed>> */
    public readonly ?array $levels;
    public readonly ?int $limit;
    public readonly ?string $message;
    public readonly ?int $overage;
    public readonly ?float $percentage;
    /** @var null|list<string> */
    public readonly ?array $pools;
    public readonly ?string $reason;
    public readonly ?\DateTimeImmutable $reset_at;
    public readonly ?string $type;
    public readonly ?string $unit;
    public readonly ?int $used;

    protected function fill(array $data): void
    {
        $this->allowed = $data['allowed'] ?? null;
        $this->as_of = self::moment($data['as_of'] ?? null);
        $this->available = $data['available'] ?? null;
        $this->feature = $data['feature'] ?? null;
        $this->level = $data['level'] ?? null;
        $this->levels = $data['levels'] ?? null;
        $this->limit = $data['limit'] ?? null;
        $this->message = $data['message'] ?? null;
        $this->overage = $data['overage'] ?? null;
        $this->percentage = $data['percentage'] ?? null;
        $this->pools = $data['pools'] ?? null;
        $this->reason = $data['reason'] ?? null;
        $this->reset_at = self::moment($data['reset_at'] ?? null);
        $this->type = $data['type'] ?? null;
        $this->unit = $data['unit'] ?? null;
        $this->used = $data['used'] ?? null;
    }
}
