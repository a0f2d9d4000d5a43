<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Members: create, delete, get, list, update. */
final class Members
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Add a user whom you manage in another workspace.
     *
     * @param array{user_id: string, custom_permissions?: list<string>|null, role?: 'owner'|'admin'|'member', team_id?: string|null} $params
     */
    public function create(string $workspaceId, #[\SensitiveParameter] array $params, ?Options $options = null): Model\Member
    {
        return $this->runner->run(new Request('POST', Request::path('/workspaces/{workspace_id}/members', $workspaceId), 'one', Model\Member::class, body: $params), $options);
    }

    /**
     * Remove a member, or leave.
     */
    public function delete(string $workspaceId, string $userId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/workspaces/{workspace_id}/members/{user_id}', $workspaceId, $userId), 'nothing', null), $options);
    }

    /**
     * Get a member.
     *
     * @param array{fields?: string|list<string>, include?: string|list<string>} $params
     */
    public function get(string $workspaceId, string $userId, array $params = [], ?Options $options = null): Model\Member
    {
        return $this->runner->run(new Request('GET', Request::path('/workspaces/{workspace_id}/members/{user_id}', $workspaceId, $userId), 'one', Model\Member::class, query: $params), $options);
    }

    /**
     * List members.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, include?: string|list<string>, namespace_id?: string, page?: int, per_page?: int, role?: 'owner'|'admin'|'member', search?: string, sort?: string|list<string>, team_id?: string, updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, user_id?: string} $params
     *
     * @return Page<Model\Member>
     */
    public function list(string $workspaceId, array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/workspaces/{workspace_id}/members', $workspaceId), 'list', Model\Member::class, query: $params), $options);
    }

    /**
     * Change a member's role, team or permissions.
     *
     * @param array{custom_permissions?: list<string>|null, role?: 'owner'|'admin'|'member', team_id?: string|null} $params
     */
    public function update(string $workspaceId, string $userId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Member
    {
        return $this->runner->run(new Request('PATCH', Request::path('/workspaces/{workspace_id}/members/{user_id}', $workspaceId, $userId), 'one', Model\Member::class, body: $params), $options);
    }
}
