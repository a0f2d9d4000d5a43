<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A tenant. */
final class Workspace extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $id;
    public readonly ?string $name;
    public readonly ?string $owner_id;
    public readonly ?array $settings;
    public readonly ?string $slug;
    public readonly ?string $status;
    public readonly ?string $tier;
    public readonly ?\DateTimeImmutable $updated_at;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->id = $data['id'] ?? null;
        $this->name = $data['name'] ?? null;
        $this->owner_id = $data['owner_id'] ?? null;
        $this->settings = $data['settings'] ?? null;
        $this->slug = $data['slug'] ?? null;
        $this->status = $data['status'] ?? null;
        $this->tier = $data['tier'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
    }
}
