<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Features: create, get, list, update. */
final class Features
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Add a feature.
     *
     * @param array{code: string, name: string, type: 'boolean'|'limit'|'unlimited', category?: string, parent?: string|null, reset?: 'none'|'monthly'|'rolling', rolling_window_days?: int|null, rolls_over?: bool, scale?: int, spill?: bool, unit?: string|null} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Feature
    {
        return $this->runner->run(new Request('POST', Request::path('/features'), 'one', Model\Feature::class, body: $params), $options);
    }

    /**
     * Get a feature, by id or code.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $featureId, array $params = [], ?Options $options = null): Model\Feature
    {
        return $this->runner->run(new Request('GET', Request::path('/features/{feature_id}', $featureId), 'one', Model\Feature::class, query: $params), $options);
    }

    /**
     * List the features.
     *
     * @param array{category?: string, code?: string, created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, namespace_id?: string, page?: int, parent?: string, per_page?: int, reset?: 'none'|'monthly'|'rolling', search?: string, sort?: string|list<string>, type?: 'boolean'|'limit'|'unlimited', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\Feature>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/features'), 'list', Model\Feature::class, query: $params), $options);
    }

    /**
     * Change a feature.
     *
     * @param array{category?: string, name?: string, parent?: string|null, rolls_over?: bool, spill?: bool, unit?: string|null} $params
     */
    public function update(string $featureId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Feature
    {
        return $this->runner->run(new Request('PATCH', Request::path('/features/{feature_id}', $featureId), 'one', Model\Feature::class, body: $params), $options);
    }
}
