<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A reservation, or why there is none. */
final class Reservation extends \Atrium\SDK\Model
{
    public readonly ?bool $allowed;
    public readonly ?int $available;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?int $current_usage;
    public readonly ?\DateTimeImmutable $expires_at;
    public readonly ?string $feature;
    public readonly ?string $id;
    public readonly ?int $limit;
    public readonly ?string $message;
    public readonly ?int $quantity;
    public readonly ?string $reason;
    public readonly ?bool $recorded;
    public readonly ?bool $reserved;
    public readonly ?string $status;

    protected function fill(array $data): void
    {
        $this->allowed = $data['allowed'] ?? null;
        $this->available = $data['available'] ?? null;
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->current_usage = $data['current_usage'] ?? null;
        $this->expires_at = self::moment($data['expires_at'] ?? null);
        $this->feature = $data['feature'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->limit = $data['limit'] ?? null;
        $this->message = $data['message'] ?? null;
        $this->quantity = $data['quantity'] ?? null;
        $this->reason = $data['reason'] ?? null;
        $this->recorded = $data['recorded'] ?? null;
        $this->reserved = $data['reserved'] ?? null;
        $this->status = $data['status'] ?? null;
    }
}
