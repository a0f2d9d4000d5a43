<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** ApiKeys: batch, create, delete, get, list, rotate, update. */
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
    public function batch(#[\SensitiveParameter] array $params, ?Options $options = null): mixed
    {
        return $this->runner->run(new Request('POST', Request::path('/api-keys/batch'), 'one', null, body: $params), $options);
    }

    /**
     * Create an API key.
     *
     * @param array{name: string, scopes: list<string>, environment?: 'live'|'test', expires_at?: \DateTimeInterface|string|null, ip_allowlist?: list<string>, rate_limit?: array<string, mixed>|null, rate_limit_tier?: 'free'|'pro'|'business'|'enterprise'|null, user_id?: string|null} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\NewApiKey
    {
        return $this->runner->run(new Request('POST', Request::path('/api-keys'), 'one', Model\NewApiKey::class, body: $params, objects: ['rate_limit']), $options);
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
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $keyId, array $params = [], ?Options $options = null): Model\ApiKey
    {
        return $this->runner->run(new Request('GET', Request::path('/api-keys/{key_id}', $keyId), 'one', Model\ApiKey::class, query: $params), $options);
    }

    /**
     * List API keys.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, environment?: 'live'|'test', fields?: string|list<string>, namespace_id?: string, page?: int, per_page?: int, rate_limit_tier?: 'free'|'pro'|'business'|'enterprise', search?: string, sort?: string|list<string>, status?: 'active'|'expired', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, user_id?: string, workspace_id?: string} $params
     *
     * @return Page<Model\ApiKey>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/api-keys'), 'list', Model\ApiKey::class, query: $params), $options);
    }

    /**
     * Give a new key in the place of this one.
     *
     * @param array{grace_period_hours?: int} $params
     */
    public function rotate(string $keyId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\RotatedApiKey
    {
        return $this->runner->run(new Request('POST', Request::path('/api-keys/{key_id}/rotate', $keyId), 'one', Model\RotatedApiKey::class, body: $params), $options);
    }

    /**
     * Change an API key.
     *
     * @param array{expires_at?: \DateTimeInterface|string|null, ip_allowlist?: list<string>, name?: string, rate_limit?: array<string, mixed>|null, rate_limit_tier?: 'free'|'pro'|'business'|'enterprise', scopes?: list<string>} $params
     */
    public function update(string $keyId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\ApiKey
    {
        return $this->runner->run(new Request('PATCH', Request::path('/api-keys/{key_id}', $keyId), 'one', Model\ApiKey::class, body: $params, objects: ['rate_limit']), $options);
    }
}
