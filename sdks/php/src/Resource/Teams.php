<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Teams: create, delete, get, list, update. */
final class Teams
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Create a team.
     *
     * @param array{name: string, description?: string|null, permissions?: list<string>} $params
     */
    public function create(string $workspaceId, #[\SensitiveParameter] array $params, ?Options $options = null): Model\Team
    {
        return $this->runner->run(new Request('POST', Request::path('/workspaces/{workspace_id}/teams', $workspaceId), 'one', Model\Team::class, body: $params), $options);
    }

    /**
     * Delete a team that nobody is in.
     */
    public function delete(string $workspaceId, string $teamId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/workspaces/{workspace_id}/teams/{team_id}', $workspaceId, $teamId), 'nothing', null), $options);
    }

    /**
     * Get a team.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $workspaceId, string $teamId, array $params = [], ?Options $options = null): Model\Team
    {
        return $this->runner->run(new Request('GET', Request::path('/workspaces/{workspace_id}/teams/{team_id}', $workspaceId, $teamId), 'one', Model\Team::class, query: $params), $options);
    }

    /**
     * List teams.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, is_system?: bool, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string} $params
     *
     * @return Page<Model\Team>
     */
    public function list(string $workspaceId, array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/workspaces/{workspace_id}/teams', $workspaceId), 'list', Model\Team::class, query: $params), $options);
    }

    /**
     * Change a team.
     *
     * @param array{description?: string|null, name?: string, permissions?: list<string>} $params
     */
    public function update(string $workspaceId, string $teamId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Team
    {
        return $this->runner->run(new Request('PATCH', Request::path('/workspaces/{workspace_id}/teams/{team_id}', $workspaceId, $teamId), 'one', Model\Team::class, body: $params), $options);
    }
}
