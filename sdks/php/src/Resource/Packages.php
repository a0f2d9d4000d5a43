<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Packages: list. */
final class Packages
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * List the packages.
     *
     * @param array{fields?: string} $params
     */
    public function list(array $params = [], ?Options $options = null): Model\Package
    {
        return $this->runner->run(new Request('GET', Request::path('/packages'), 'one', Model\Package::class, query: $params), $options);
    }
}
