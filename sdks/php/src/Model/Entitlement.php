<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A package that a holder was given. */
final class Entitlement extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?\DateTimeImmutable $expires_at;
    public readonly ?string $holder_id;
    public readonly ?string $id;
    public readonly ?string $package;
    public readonly ?string $source;
    public readonly ?string $status;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->expires_at = self::moment($data['expires_at'] ?? null);
        $this->holder_id = $data['holder_id'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->package = $data['package'] ?? null;
        $this->source = $data['source'] ?? null;
        $this->status = $data['status'] ?? null;
    }
}
