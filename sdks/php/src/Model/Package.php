<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A plan. */
final class Package extends \Atrium\SDK\Model
{
    public readonly ?string $code;
    /** @var null|list<array<string, mixed>> */
    public readonly ?array $features;
    public readonly ?bool $is_base;
    public readonly ?bool $is_stackable;
    public readonly ?string $name;
    public readonly ?string $tier;

    protected function fill(array $data): void
    {
        $this->code = $data['code'] ?? null;
        $this->features = self::objects(PackageFeature::class, $data['features'] ?? null);
        $this->is_base = $data['is_base'] ?? null;
        $this->is_stackable = $data['is_stackable'] ?? null;
        $this->name = $data['name'] ?? null;
        $this->tier = $data['tier'] ?? null;
    }
}
