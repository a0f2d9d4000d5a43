<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Usage: get. */
final class Usage
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Show what the workspace uses.
     *
     * @param array{workspace_id?: string, namespace_id?: string} $params
     */
    public function get(array $params = [], ?Options $options = null): Model\Usage
    {
        return $this->runner->run(new Request('GET', Request::path('/usage'), 'one', Model\Usage::class, query: $params), $options);
    }
}
