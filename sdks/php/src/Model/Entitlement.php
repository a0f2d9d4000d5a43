<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A package that a holder was given. `package` is its code; what it grants is that of `package_version`. */
final class Entitlement extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $billing_cycle_anchor;
    public readonly ?\DateTimeImmutable $cancelled_at;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?\DateTimeImmutable $expires_at;
    /** @var null|list<array<string, mixed>> */
    public readonly ?array $features;
    public readonly ?string $id;
    public readonly ?bool $is_base;
    public readonly ?array $metadata;
    public readonly ?string $namespace_id;
    public readonly ?string $package;
    public readonly ?string $package_id;
    public readonly ?string $package_name;
    public readonly ?int $package_version;
    public readonly ?string $source;
    public readonly ?\DateTimeImmutable $starts_at;
    public readonly ?string $status;
    public readonly ?string $suspended_reason;
    public readonly ?\DateTimeImmutable $trial_ends_at;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->billing_cycle_anchor = self::moment($data['billing_cycle_anchor'] ?? null);
        $this->cancelled_at = self::moment($data['cancelled_at'] ?? null);
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->expires_at = self::moment($data['expires_at'] ?? null);
        $this->features = self::objects(GrantedFeature::class, $data['features'] ?? null);
        $this->id = $data['id'] ?? null;
        $this->is_base = $data['is_base'] ?? null;
        $this->metadata = $data['metadata'] ?? null;
        $this->namespace_id = $data['namespace_id'] ?? null;
        $this->package = $data['package'] ?? null;
        $this->package_id = $data['package_id'] ?? null;
        $this->package_name = $data['package_name'] ?? null;
        $this->package_version = $data['package_version'] ?? null;
        $this->source = $data['source'] ?? null;
        $this->starts_at = self::moment($data['starts_at'] ?? null);
        $this->status = $data['status'] ?? null;
        $this->suspended_reason = $data['suspended_reason'] ?? null;
        $this->trial_ends_at = self::moment($data['trial_ends_at'] ?? null);
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
