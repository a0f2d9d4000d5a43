<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A reservation as it stands; `ended` where it holds nothing any more, and how it ended was too long ago to say. */
final class ReservationState extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?\DateTimeImmutable $expires_at;
    public readonly ?string $feature;
    public readonly ?string $id;
    public readonly ?int $quantity;
    public readonly ?string $status;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->expires_at = self::moment($data['expires_at'] ?? null);
        $this->feature = $data['feature'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->quantity = $data['quantity'] ?? null;
        $this->status = $data['status'] ?? null;
    }
}
