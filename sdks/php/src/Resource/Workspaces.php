<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Workspaces: batch, create, delete, get, list, restore, suspend, unsuspend, update. */
final class Workspaces
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Run several operations (create, update, delete).
     *
     * @param array{operations: list<array<string, mixed>>, atomic?: bool} $params
     */
    public function batch(#[\SensitiveParameter] array $params, ?Options $options = null): mixed
    {
        return $this->runner->run(new Request('POST', Request::path('/workspaces/batch'), 'one', null, body: $params), $options);
    }

    /**
     * Create a workspace.
     *
     * @param array{name: string, settings?: array<string, mixed>, slug?: string|null, tier?: 'free'|'pro'|'business'|'enterprise'} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Workspace
    {
        return $this->runner->run(new Request('POST', Request::path('/workspaces'), 'one', Model\Workspace::class, body: $params, objects: ['settings']), $options);
    }

    /**
     * Delete a workspace, restorable for 30 days.
     */
    public function delete(string $workspaceId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/workspaces/{workspace_id}', $workspaceId), 'nothing', null), $options);
    }

    /**
     * Get a workspace.
     *
     * @param array{fields?: string|list<string>, include?: string|list<string>} $params
     */
    public function get(string $workspaceId, array $params = [], ?Options $options = null): Model\Workspace
    {
        return $this->runner->run(new Request('GET', Request::path('/workspaces/{workspace_id}', $workspaceId), 'one', Model\Workspace::class, query: $params), $options);
    }

    /**
     * List workspaces.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, include?: string|list<string>, namespace_id?: string, owner_id?: string, page?: int, per_page?: int, search?: string, slug?: string, sort?: string|list<string>, status?: 'active'|'suspended'|'deleted', tier?: 'free'|'pro'|'business'|'enterprise', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\Workspace>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/workspaces'), 'list', Model\Workspace::class, query: $params), $options);
    }

    /**
     * Restore a deleted workspace.
     *
     * @param array{owner_id?: string|null} $params
     */
    public function restore(string $workspaceId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Workspace
    {
        return $this->runner->run(new Request('POST', Request::path('/workspaces/{workspace_id}/restore', $workspaceId), 'one', Model\Workspace::class, body: $params), $options);
    }

    /**
     * Suspend a workspace.
     *
     * @param array{reason: string} $params
     */
    public function suspend(string $workspaceId, #[\SensitiveParameter] array $params, ?Options $options = null): Model\Workspace
    {
        return $this->runner->run(new Request('POST', Request::path('/workspaces/{workspace_id}/suspend', $workspaceId), 'one', Model\Workspace::class, body: $params), $options);
    }

    /**
     * End a suspension.
     */
    public function unsuspend(string $workspaceId, ?Options $options = null): Model\Workspace
    {
        return $this->runner->run(new Request('POST', Request::path('/workspaces/{workspace_id}/unsuspend', $workspaceId), 'one', Model\Workspace::class), $options);
    }

    /**
     * Change a workspace.
     *
     * @param array{name?: string, settings?: array<string, mixed>, slug?: string, tier?: 'free'|'pro'|'business'|'enterprise'} $params
     */
    public function update(string $workspaceId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Workspace
    {
        return $this->runner->run(new Request('PATCH', Request::path('/workspaces/{workspace_id}', $workspaceId), 'one', Model\Workspace::class, body: $params, objects: ['settings']), $options);
    }
}
