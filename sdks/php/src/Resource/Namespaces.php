<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Namespaces: batch, checkEntitlement, create, delete, get, list, update. */
final class Namespaces
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
        return $this->runner->run(new Request('POST', Request::path('/namespaces/batch'), 'one', null, body: $params), $options);
    }

    /**
     * Check a feature of a namespace.
     *
     * @param array{feature: string, as_of?: \DateTimeInterface|string|null, quantity?: int} $params
     */
    public function checkEntitlement(string $namespaceId, #[\SensitiveParameter] array $params, ?Options $options = null): Model\Verdict
    {
        return $this->runner->run(new Request('POST', Request::path('/namespaces/{namespace_id}/entitlements/check', $namespaceId), 'bare', Model\Verdict::class, query: array_intersect_key($params, ['as_of' => 1]), body: array_diff_key($params, ['as_of' => 1])), $options);
    }

    /**
     * Create a namespace.
     *
     * @param array{name: string, color?: string|null, description?: string|null, icon?: string|null, is_active?: bool, is_default?: bool, owner_id?: string|null, owner_type?: 'User'|'Workspace'|null, settings?: array<string, mixed>, slug?: string|null, sort_order?: int, workspace_id?: string|null} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\NamespaceObject
    {
        return $this->runner->run(new Request('POST', Request::path('/namespaces'), 'one', Model\NamespaceObject::class, body: $params, objects: ['settings']), $options);
    }

    /**
     * Delete a namespace.
     */
    public function delete(string $namespaceId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/namespaces/{namespace_id}', $namespaceId), 'nothing', null), $options);
    }

    /**
     * Get a namespace.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $namespaceId, array $params = [], ?Options $options = null): Model\NamespaceWithPlan
    {
        return $this->runner->run(new Request('GET', Request::path('/namespaces/{namespace_id}', $namespaceId), 'one', Model\NamespaceWithPlan::class, query: $params), $options);
    }

    /**
     * List namespaces.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, is_active?: bool, is_default?: bool, namespace_id?: string, owner_type?: 'User'|'Workspace', page?: int, per_page?: int, search?: string, slug?: string, sort?: string|list<string>, updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\NamespaceObject>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/namespaces'), 'list', Model\NamespaceObject::class, query: $params), $options);
    }

    /**
     * Change a namespace.
     *
     * @param array{color?: string|null, description?: string|null, icon?: string|null, is_active?: bool, is_default?: bool, name?: string, settings?: array<string, mixed>, slug?: string, sort_order?: int} $params
     */
    public function update(string $namespaceId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\NamespaceObject
    {
        return $this->runner->run(new Request('PATCH', Request::path('/namespaces/{namespace_id}', $namespaceId), 'one', Model\NamespaceObject::class, body: $params, objects: ['settings']), $options);
    }
}
