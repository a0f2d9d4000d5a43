<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** The answer to a check. */
final class Verdict extends \Atrium\SDK\Model
{
    public readonly ?bool $allowed;
    public readonly ?int $available;
    public readonly ?int $current_usage;
    public readonly ?int $limit;
    public readonly ?string $message;
    public readonly ?string $reason;

    protected function fill(array $data): void
    {
        $this->allowed = $data['allowed'] ?? null;
        $this->available = $data['available'] ?? null;
        $this->current_usage = $data['current_usage'] ?? null;
        $this->limit = $data['limit'] ?? null;
        $this->message = $data['message'] ?? null;
        $this->reason = $data['reason'] ?? null;
    }
}
