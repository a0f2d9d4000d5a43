<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Packages: create, get, list, update. */
final class Packages
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Add a package.
     *
     * @param array{code: string, name: string, description?: string|null, features?: list<array<string, mixed>>, is_active?: bool, is_base?: bool, is_public?: bool, is_stackable?: bool|null, tier?: 'free'|'pro'|'business'|'enterprise'|null} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Package
    {
        return $this->runner->run(new Request('POST', Request::path('/packages'), 'one', Model\Package::class, body: $params), $options);
    }

    /**
     * Get a package, by id or code.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $packageId, array $params = [], ?Options $options = null): Model\Package
    {
        return $this->runner->run(new Request('GET', Request::path('/packages/{package_id}', $packageId), 'one', Model\Package::class, query: $params), $options);
    }

    /**
     * List the packages.
     *
     * @param array{code?: string, created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, is_active?: bool, is_base?: bool, is_public?: bool, is_stackable?: bool, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, tier?: 'free'|'pro'|'business'|'enterprise', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\Package>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/packages'), 'list', Model\Package::class, query: $params), $options);
    }

    /**
     * Change a package: a new version, holders keep theirs.
     *
     * @param array{description?: string|null, features?: list<array<string, mixed>>, is_active?: bool, is_base?: bool, is_public?: bool, is_stackable?: bool, name?: string, tier?: 'free'|'pro'|'business'|'enterprise'|null} $params
     */
    public function update(string $packageId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Package
    {
        return $this->runner->run(new Request('PATCH', Request::path('/packages/{package_id}', $packageId), 'one', Model\Package::class, body: $params), $options);
    }
}
