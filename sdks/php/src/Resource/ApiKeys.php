<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** ApiKeys: batch, create, delete, get, list. */
final class ApiKeys
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Run several operations (create, delete).
     *
     * @param array{operations: list<array<string, mixed>>, atomic?: bool} $params
     */
    public function batch(array $params, ?Options $options = null): mixed
    {
        return $this->runner->run(new Request('POST', Request::path('/api-keys/batch'), 'bare', null, body: $params), $options);
    }

    /**
     * Create an API key.
     *
     * @param array{name: string, scopes: list<string>, environment?: 'live'|'test', expires_at?: \DateTimeInterface|string|null, ip_allowlist?: list<string>, rate_limit?: array<string, mixed>|null, rate_limit_tier?: 'free'|'pro'|'business'|'enterprise'|null} $params
     */
    public function create(array $params, ?Options $options = null): Model\ApiKey
    {
        return $this->runner->run(new Request('POST', Request::path('/api-keys'), 'one', Model\ApiKey::class, body: $params), $options);
    }

    /**
     * Revoke an API key.
     */
    public function delete(string $keyId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/api-keys/{key_id}', $keyId), 'nothing', null), $options);
    }

    /**
     * Get an API key.
     *
     * @param array{fields?: string} $params
     */
    public function get(string $keyId, array $params = [], ?Options $options = null): Model\ApiKey
    {
        return $this->runner->run(new Request('GET', Request::path('/api-keys/{key_id}', $keyId), 'one', Model\ApiKey::class, query: $params), $options);
    }

    /**
     * List API keys.
     *
     * @param array{created_after?: string, created_before?: string, cursor?: string, fields?: string, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string, updated_after?: string, updated_before?: string, workspace_id?: string} $params
     *
     * @return Page<Model\ApiKey>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/api-keys'), 'list', Model\ApiKey::class, query: $params), $options);
    }
}
