<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Features: list. */
final class Features
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * List the features.
     *
     * @param array{fields?: string} $params
     */
    public function list(array $params = [], ?Options $options = null): Model\Feature
    {
        return $this->runner->run(new Request('GET', Request::path('/features'), 'one', Model\Feature::class, query: $params), $options);
    }
}
