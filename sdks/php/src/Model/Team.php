<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** Permissions that its members have beyond their role's. */
final class Team extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $description;
    public readonly ?string $id;
    public readonly ?bool $is_system;
    public readonly ?string $name;
    /** @var null|list<string> */
    public readonly ?array $permissions;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->description = $data['description'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->is_system = $data['is_system'] ?? null;
        $this->name = $data['name'] ?? null;
        $this->permissions = $data['permissions'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
