<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** Requests. */
final class Requests extends \Atrium\SDK\Model
{
    /** @var null|list<array<string, mixed>> */
    public readonly ?array $by_day;
    public readonly ?int $limit;
    public readonly ?int $remaining;
    public readonly ?\DateTimeImmutable $reset_at;
    public readonly ?int $this_hour;

    protected function fill(array $data): void
    {
        $this->by_day = self::objects(RequestsOfDay::class, $data['by_day'] ?? null);
        $this->limit = $data['limit'] ?? null;
        $this->remaining = $data['remaining'] ?? null;
        $this->reset_at = self::moment($data['reset_at'] ?? null);
        $this->this_hour = $data['this_hour'] ?? null;
    }
}
