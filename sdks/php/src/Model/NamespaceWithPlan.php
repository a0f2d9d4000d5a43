<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A namespace with its packages and what it uses. */
final class NamespaceWithPlan extends \Atrium\SDK\Model
{
    public readonly ?string $color;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $description;
    public readonly ?string $icon;
    public readonly ?string $id;
    public readonly ?bool $is_active;
    public readonly ?bool $is_default;
    public readonly ?string $name;
    public readonly ?string $owner_id;
    public readonly ?string $owner_type;
    public readonly ?array $settings;
    public readonly ?string $slug;
    public readonly ?int $sort_order;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $uuid;
    public readonly ?string $workspace_id;
    public readonly ?array $entitlements;
    /** @var null|list<array<string, mixed>> */
    public readonly ?array $packages;

    protected function fill(array $data): void
    {
        $this->color = $data['color'] ?? null;
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->description = $data['description'] ?? null;
        $this->icon = $data['icon'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->is_active = $data['is_active'] ?? null;
        $this->is_default = $data['is_default'] ?? null;
        $this->name = $data['name'] ?? null;
        $this->owner_id = $data['owner_id'] ?? null;
        $this->owner_type = $data['owner_type'] ?? null;
        $this->settings = $data['settings'] ?? null;
        $this->slug = $data['slug'] ?? null;
        $this->sort_order = $data['sort_order'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->uuid = $data['uuid'] ?? null;
        $this->workspace_id = $data['workspace_id'] ?? null;
        $this->entitlements = $data['entitlements'] ?? null;
        $this->packages = self::objects(PackageInForce::class, $data['packages'] ?? null);
    }
}
