<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Invitations: accept, create, delete, get, list. */
final class Invitations
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Accept an invitation.
     *
     * @param array{token: string, name?: string|null} $params
     */
    public function accept(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Acceptance
    {
        return $this->runner->run(new Request('POST', Request::path('/invitations/accept'), 'one', Model\Acceptance::class, body: $params), $options);
    }

    /**
     * Invite somebody by e-mail.
     *
     * @param array{email: string, role?: 'owner'|'admin'|'member', team_id?: string|null} $params
     */
    public function create(string $workspaceId, #[\SensitiveParameter] array $params, ?Options $options = null): Model\NewInvitation
    {
        return $this->runner->run(new Request('POST', Request::path('/workspaces/{workspace_id}/invitations', $workspaceId), 'one', Model\NewInvitation::class, body: $params), $options);
    }

    /**
     * Take back an invitation.
     */
    public function delete(string $workspaceId, string $invitationId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/workspaces/{workspace_id}/invitations/{invitation_id}', $workspaceId, $invitationId), 'nothing', null), $options);
    }

    /**
     * Get an invitation.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $workspaceId, string $invitationId, array $params = [], ?Options $options = null): Model\Invitation
    {
        return $this->runner->run(new Request('GET', Request::path('/workspaces/{workspace_id}/invitations/{invitation_id}', $workspaceId, $invitationId), 'one', Model\Invitation::class, query: $params), $options);
    }

    /**
     * List invitations.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, namespace_id?: string, page?: int, per_page?: int, role?: 'owner'|'admin'|'member', search?: string, sort?: string|list<string>, status?: 'pending'|'accepted'|'revoked'|'expired', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string} $params
     *
     * @return Page<Model\Invitation>
     */
    public function list(string $workspaceId, array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/workspaces/{workspace_id}/invitations', $workspaceId), 'list', Model\Invitation::class, query: $params), $options);
    }
}
