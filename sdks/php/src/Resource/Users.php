<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Users: list, me. */
final class Users
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * List the members of the workspace in context.
     *
     * @param array{created_after?: string, created_before?: string, cursor?: string, fields?: string, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string, updated_after?: string, updated_before?: string, workspace_id?: string} $params
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
     * @param array{fields?: string} $params
     */
    public function me(array $params = [], ?Options $options = null): Model\User
    {
        return $this->runner->run(new Request('GET', Request::path('/user'), 'one', Model\User::class, query: $params), $options);
    }
}
