<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A plan. A change makes a new version; holders keep theirs until moved. */
final class Package extends \Atrium\SDK\Model
{
    public readonly ?string $code;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $description;
    /** @var null|list<array<string, mixed>> */
    public readonly ?array $features;
    public readonly ?string $id;
    public readonly ?bool $is_active;
    public readonly ?bool $is_base;
    public readonly ?bool $is_public;
    public readonly ?bool $is_stackable;
    public readonly ?string $name;
    public readonly ?string $tier;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?int $version;

    protected function fill(array $data): void
    {
        $this->code = $data['code'] ?? null;
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->description = $data['description'] ?? null;
        $this->features = self::objects(PackageFeature::class, $data['features'] ?? null);
        $this->id = $data['id'] ?? null;
        $this->is_active = $data['is_active'] ?? null;
        $this->is_base = $data['is_base'] ?? null;
        $this->is_public = $data['is_public'] ?? null;
        $this->is_stackable = $data['is_stackable'] ?? null;
        $this->name = $data['name'] ?? null;
        $this->tier = $data['tier'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->version = $data['version'] ?? null;
    }
}
