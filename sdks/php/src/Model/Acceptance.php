<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A membership that began with an invitation; for a new user also its first key, shown once. */
final class Acceptance extends \Atrium\SDK\Model
{
    /** @var null|list<string> */
    public readonly ?array $custom_permissions;
    public readonly ?string $id;
    public readonly ?string $invited_by;
    public readonly ?\DateTimeImmutable $joined_at;
    public readonly ?string $role;
    public readonly ?string $team_id;
    public readonly ?User $user;
    public readonly ?string $user_id;
    public readonly ?string $workspace_id;
    public readonly ?ApiKey $api_key;
    public readonly ?string $key;

    protected function fill(array $data): void
    {
        $this->custom_permissions = $data['custom_permissions'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->invited_by = $data['invited_by'] ?? null;
        $this->joined_at = self::moment($data['joined_at'] ?? null);
        $this->role = $data['role'] ?? null;
        $this->team_id = $data['team_id'] ?? null;
        $this->user = self::object(User::class, $data['user'] ?? null);
        $this->user_id = $data['user_id'] ?? null;
        $this->workspace_id = $data['workspace_id'] ?? null;
        $this->api_key = self::object(ApiKey::class, $data['api_key'] ?? null);
        $this->key = $data['key'] ?? null;
    }
}
