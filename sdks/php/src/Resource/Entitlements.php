<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Entitlements: check, create, list, recordUsage, summary. */
final class Entitlements
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Check a feature of the context.
     *
     * @param array{feature?: string, fields?: string, quantity?: string} $params
     */
    public function check(array $params = [], ?Options $options = null): Model\Verdict
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/check'), 'bare', Model\Verdict::class, query: $params), $options);
    }

    /**
     * Give a holder a package.
     *
     * @param array{package: string, expires_at?: \DateTimeInterface|string|null, namespace_id?: string|null, source?: string, workspace_id?: string|null} $params
     */
    public function create(array $params, ?Options $options = null): Model\Entitlement
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements'), 'one', Model\Entitlement::class, body: $params), $options);
    }

    /**
     * List the packages of the context.
     *
     * @param array{fields?: string} $params
     */
    public function list(array $params = [], ?Options $options = null): Model\Entitlement
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements'), 'one', Model\Entitlement::class, query: $params), $options);
    }

    /**
     * Record usage.
     *
     * @param array{feature: string, enforce?: bool, metadata?: array<string, mixed>|null, quantity?: int} $params
     */
    public function recordUsage(array $params, ?Options $options = null): Model\Recorded
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/usage'), 'bare', Model\Recorded::class, body: $params), $options);
    }

    /**
     * All figures of the context.
     *
     * @param array{fields?: string} $params
     */
    public function summary(array $params = [], ?Options $options = null): Model\Summary
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/summary'), 'one', Model\Summary::class, query: $params), $options);
    }
}
