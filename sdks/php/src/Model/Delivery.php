<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** An event's way to an endpoint. */
final class Delivery extends \Atrium\SDK\Model
{
    public readonly ?int $attempts;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?\DateTimeImmutable $delivered_at;
    public readonly ?string $event_id;
    public readonly ?string $event_type;
    public readonly ?string $id;
    public readonly ?bool $livemode;
    public readonly ?\DateTimeImmutable $next_attempt_at;
    public readonly ?string $status;
    public readonly ?int $status_code;
    public readonly ?\DateTimeImmutable $updated_at;

    protected function fill(array $data): void
    {
        $this->attempts = $data['attempts'] ?? null;
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->delivered_at = self::moment($data['delivered_at'] ?? null);
        $this->event_id = $data['event_id'] ?? null;
        $this->event_type = $data['event_type'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->livemode = $data['livemode'] ?? null;
        $this->next_attempt_at = self::moment($data['next_attempt_at'] ?? null);
        $this->status = $data['status'] ?? null;
        $this->status_code = $data['status_code'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
    }
}
