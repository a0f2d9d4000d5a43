<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Users: batch, create, delete, get, list, me, update. */
final class Users
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Run several operations (update).
     *
     * @param array{operations: list<array<string, mixed>>, atomic?: bool} $params
     */
    public function batch(#[\SensitiveParameter] array $params, ?Options $options = null): mixed
    {
        return $this->runner->run(new Request('POST', Request::path('/users/batch'), 'one', null, body: $params), $options);
    }

    /**
     * Add a person to the workspace in context.
     *
     * @param array{email: string, name: string, email_verified_at?: \DateTimeInterface|string|null, role?: 'owner'|'admin'|'member', tier?: 'free'|'pro'|'business'|'enterprise'|null} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\User
    {
        return $this->runner->run(new Request('POST', Request::path('/users'), 'one', Model\User::class, body: $params), $options);
    }

    /**
     * Erase a user and all personal data, for good.
     */
    public function delete(string $userId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/users/{user_id}', $userId), 'nothing', null), $options);
    }

    /**
     * Get a user.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $userId, array $params = [], ?Options $options = null): Model\User
    {
        return $this->runner->run(new Request('GET', Request::path('/users/{user_id}', $userId), 'one', Model\User::class, query: $params), $options);
    }

    /**
     * List the members of the workspace in context.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, email?: string, fields?: string|list<string>, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, tier?: 'free'|'pro'|'business'|'enterprise', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\User>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/users'), 'list', Model\User::class, query: $params), $options);
    }

    /**
     * Get the user of the key.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function me(array $params = [], ?Options $options = null): Model\User
    {
        return $this->runner->run(new Request('GET', Request::path('/user'), 'one', Model\User::class, query: $params), $options);
    }

    /**
     * Change a user.
     *
     * @param array{email?: string, email_verified_at?: \DateTimeInterface|string|null, name?: string, tier?: 'free'|'pro'|'business'|'enterprise'} $params
     */
    public function update(string $userId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\User
    {
        return $this->runner->run(new Request('PATCH', Request::path('/users/{user_id}', $userId), 'one', Model\User::class, body: $params), $options);
    }
}
