<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Entitlements: cancel, check, create, explain, get, list, log, preview, recordUsage, renew, summary, suspend, unsuspend, usageHistory. */
final class Entitlements
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * End a package now.
     *
     * @param array{reason?: string|null} $params
     */
    public function cancel(string $entitlementId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Entitlement
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/{entitlement_id}/cancel', $entitlementId), 'one', Model\Entitlement::class, body: $params), $options);
    }

    /**
     * Check a feature of the context.
     *
     * @param array{feature: string, as_of?: \DateTimeInterface|string|null, fields?: string|list<string>, quantity?: int} $params
     */
    public function check(array $params, ?Options $options = null): Model\Verdict
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/check'), 'bare', Model\Verdict::class, query: $params), $options);
    }

    /**
     * Give a holder a package.
     *
     * @param array{package: string, billing_cycle_anchor?: \DateTimeInterface|string|null, expires_at?: \DateTimeInterface|string|null, metadata?: array<string, mixed>|null, namespace_id?: string|null, replace?: bool, source?: string, starts_at?: \DateTimeInterface|string|null, trial_ends_at?: \DateTimeInterface|string|null, workspace_id?: string|null} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Entitlement
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements'), 'one', Model\Entitlement::class, body: $params, objects: ['metadata']), $options);
    }

    /**
     * Why a check answers as it does.
     *
     * @param array{feature: string, as_of?: \DateTimeInterface|string|null, fields?: string|list<string>} $params
     */
    public function explain(array $params, ?Options $options = null): Model\Explanation
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/explain'), 'one', Model\Explanation::class, query: $params), $options);
    }

    /**
     * Get a provisioned package.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $entitlementId, array $params = [], ?Options $options = null): Model\Entitlement
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/{entitlement_id}', $entitlementId), 'one', Model\Entitlement::class, query: $params), $options);
    }

    /**
     * List the packages of the context.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, is_base?: bool, namespace_id?: string, package?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, source?: string, status?: 'active'|'suspended'|'cancelled'|'expired', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\Entitlement>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements'), 'list', Model\Entitlement::class, query: $params), $options);
    }

    /**
     * List who changed what of the context's entitlements.
     *
     * @param array{action?: string, actor?: string, created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, feature?: string, fields?: string|list<string>, namespace_id?: string, package?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, source?: string, updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\LogEntry>
     */
    public function log(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/log'), 'list', Model\LogEntry::class, query: $params), $options);
    }

    /**
     * What a package would change.
     *
     * @param array{package: string, billing_cycle_anchor?: \DateTimeInterface|string|null, expires_at?: \DateTimeInterface|string|null, namespace_id?: string|null, replace?: bool, starts_at?: \DateTimeInterface|string|null, trial_ends_at?: \DateTimeInterface|string|null, workspace_id?: string|null} $params
     */
    public function preview(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Previewed
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/preview'), 'one', Model\Previewed::class, body: $params), $options);
    }

    /**
     * Record usage.
     *
     * @param array{feature: string, enforce?: bool, metadata?: array<string, mixed>|null, occurred_at?: \DateTimeInterface|string|null, quantity?: int} $params
     */
    public function recordUsage(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Recorded
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/usage'), 'bare', Model\Recorded::class, body: $params, objects: ['metadata']), $options);
    }

    /**
     * Let a package go on.
     *
     * @param array{expires_at?: \DateTimeInterface|string|null} $params
     */
    public function renew(string $entitlementId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Entitlement
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/{entitlement_id}/renew', $entitlementId), 'one', Model\Entitlement::class, body: $params), $options);
    }

    /**
     * All figures of the context.
     *
     * @param array{as_of?: \DateTimeInterface|string|null, fields?: string|list<string>} $params
     */
    public function summary(array $params = [], ?Options $options = null): Model\Summary
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/summary'), 'one', Model\Summary::class, query: $params), $options);
    }

    /**
     * Suspend a package.
     *
     * @param array{reason?: string|null} $params
     */
    public function suspend(string $entitlementId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Entitlement
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/{entitlement_id}/suspend', $entitlementId), 'one', Model\Entitlement::class, body: $params), $options);
    }

    /**
     * Let it grant again.
     */
    public function unsuspend(string $entitlementId, ?Options $options = null): Model\Entitlement
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/{entitlement_id}/unsuspend', $entitlementId), 'one', Model\Entitlement::class), $options);
    }

    /**
     * Usage of a feature by hour, day or month.
     *
     * @param array{feature: string, fields?: string|list<string>, since?: \DateTimeInterface|string|null, until?: \DateTimeInterface|string|null, window?: 'hour'|'day'|'month'} $params
     */
    public function usageHistory(array $params, ?Options $options = null): Model\UsageHistory
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/usage'), 'bare', Model\UsageHistory::class, query: $params), $options);
    }
}
