<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** More of a feature, or a feature, that a holder was given beside its packages. */
final class Boost extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $duration;
    public readonly ?\DateTimeImmutable $expires_at;
    public readonly ?string $feature;
    public readonly ?string $id;
    public readonly ?string $namespace_id;
    public readonly ?int $quantity;
    public readonly ?string $source;
    public readonly ?\DateTimeImmutable $starts_at;
    public readonly ?string $status;
    public readonly ?string $type;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->duration = $data['duration'] ?? null;
        $this->expires_at = self::moment($data['expires_at'] ?? null);
        $this->feature = $data['feature'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->namespace_id = $data['namespace_id'] ?? null;
        $this->quantity = $data['quantity'] ?? null;
        $this->source = $data['source'] ?? null;
        $this->starts_at = self::moment($data['starts_at'] ?? null);
        $this->status = $data['status'] ?? null;
        $this->type = $data['type'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
