<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** The answer to usage; `reason` and `message` only where nothing is recorded. */
final class Recorded extends \Atrium\SDK\Model
{
    public readonly ?bool $allowed;
    public readonly ?int $available;
    public readonly ?int $current_usage;
    public readonly ?int $limit;
    public readonly ?bool $recorded;
    public readonly ?string $feature;
    public readonly ?string $message;
    public readonly ?string $reason;

    protected function fill(array $data): void
    {
        $this->allowed = $data['allowed'] ?? null;
        $this->available = $data['available'] ?? null;
        $this->current_usage = $data['current_usage'] ?? null;
        $this->limit = $data['limit'] ?? null;
        $this->recorded = $data['recorded'] ?? null;
        $this->feature = $data['feature'] ?? null;
        $this->message = $data['message'] ?? null;
        $this->reason = $data['reason'] ?? null;
    }
}
