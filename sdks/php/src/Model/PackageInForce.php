<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** PackageInForce. */
final class PackageInForce extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $expires_at;
    public readonly ?string $id;
    public readonly ?string $name;

    protected function fill(array $data): void
    {
        $this->expires_at = self::moment($data['expires_at'] ?? null);
        $this->id = $data['id'] ?? null;
        $this->name = $data['name'] ?? null;
    }
}
