<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** The new key, and until when the one before it works. */
final class RotatedApiKey extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $environment;
    public readonly ?\DateTimeImmutable $expires_at;
    public readonly ?string $id;
    /** @var null|list<string> */
    public readonly ?array $ip_allowlist;
    public readonly ?string $key;
    public readonly ?string $last4;
    public readonly ?\DateTimeImmutable $last_used_at;
    public readonly ?string $name;
    public readonly ?string $prefix;
    public readonly ?\DateTimeImmutable $previous_expires_at;
    public readonly ?string $previous_key_id;
    public readonly ?RateLimit $rate_limit;
    public readonly ?string $rate_limit_tier;
    /** @var null|list<string> */
    public readonly ?array $scopes;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $user_id;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->environment = $data['environment'] ?? null;
        $this->expires_at = self::moment($data['expires_at'] ?? null);
        $this->id = $data['id'] ?? null;
        $this->ip_allowlist = $data['ip_allowlist'] ?? null;
        $this->key = $data['key'] ?? null;
        $this->last4 = $data['last4'] ?? null;
        $this->last_used_at = self::moment($data['last_used_at'] ?? null);
        $this->name = $data['name'] ?? null;
        $this->prefix = $data['prefix'] ?? null;
        $this->previous_expires_at = self::moment($data['previous_expires_at'] ?? null);
        $this->previous_key_id = $data['previous_key_id'] ?? null;
        $this->rate_limit = self::object(RateLimit::class, $data['rate_limit'] ?? null);
        $this->rate_limit_tier = $data['rate_limit_tier'] ?? null;
        $this->scopes = $data['scopes'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->user_id = $data['user_id'] ?? null;
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
