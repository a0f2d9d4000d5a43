<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A user's membership in a workspace; its id is the user's. */
final class Member extends \Atrium\SDK\Model
{
    /** @var null|list<string> */
    public readonly ?array $custom_permissions;
    public readonly ?string $id;
    public readonly ?string $invited_by;
    public readonly ?\DateTimeImmutable $joined_at;
    public readonly ?string $role;
    public readonly ?string $team_id;
    public readonly ?string $user_id;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->custom_permissions = $data['custom_permissions'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->invited_by = $data['invited_by'] ?? null;
        $this->joined_at = self::moment($data['joined_at'] ?? null);
        $this->role = $data['role'] ?? null;
        $this->team_id = $data['team_id'] ?? null;
        $this->user_id = $data['user_id'] ?? null;
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
