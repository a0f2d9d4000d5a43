<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** An event, as it is delivered. */
final class ClientEvent extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?array $data;
    public readonly ?string $id;
    public readonly ?string $idempotency_key;
    public readonly ?bool $livemode;
    public readonly ?string $type;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->data = $data['data'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->idempotency_key = $data['idempotency_key'] ?? null;
        $this->livemode = $data['livemode'] ?? null;
        $this->type = $data['type'] ?? null;
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
