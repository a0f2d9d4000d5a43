<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** An invitation with its token, which is shown once. */
final class NewInvitation extends \Atrium\SDK\Model
{
    public readonly ?string $accepted_by;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $email;
    public readonly ?\DateTimeImmutable $expires_at;
    public readonly ?string $id;
    public readonly ?string $invited_by;
    public readonly ?string $role;
    public readonly ?string $status;
    public readonly ?string $team_id;
    public readonly ?string $token;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->accepted_by = $data['accepted_by'] ?? null;
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->email = $data['email'] ?? null;
        $this->expires_at = self::moment($data['expires_at'] ?? null);
        $this->id = $data['id'] ?? null;
        $this->invited_by = $data['invited_by'] ?? null;
        $this->role = $data['role'] ?? null;
        $this->status = $data['status'] ?? null;
        $this->team_id = $data['team_id'] ?? null;
        $this->token = $data['token'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
