<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Boosts: create, delete, get, list. */
final class Boosts
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Give a holder a boost.
     *
     * @param array{feature: string, type: 'add_limit'|'enable'|'unlimited', duration?: 'cycle_bound'|'duration'|'permanent'|null, expires_at?: \DateTimeInterface|string|null, namespace_id?: string|null, quantity?: int|null, source?: string, workspace_id?: string|null} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Boost
    {
        return $this->runner->run(new Request('POST', Request::path('/boosts'), 'one', Model\Boost::class, body: $params), $options);
    }

    /**
     * Take a boost away.
     */
    public function delete(string $boostId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/boosts/{boost_id}', $boostId), 'nothing', null), $options);
    }

    /**
     * Get a boost.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $boostId, array $params = [], ?Options $options = null): Model\Boost
    {
        return $this->runner->run(new Request('GET', Request::path('/boosts/{boost_id}', $boostId), 'one', Model\Boost::class, query: $params), $options);
    }

    /**
     * List the boosts of the context.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, duration?: 'cycle_bound'|'duration'|'permanent', feature?: string, fields?: string|list<string>, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, source?: string, status?: 'active'|'cancelled'|'expired', type?: 'add_limit'|'enable'|'unlimited', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\Boost>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/boosts'), 'list', Model\Boost::class, query: $params), $options);
    }
}
