<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK;

/** Every resource of the API. */
abstract class Resources
{
    public readonly Resource\ApiKeys $apiKeys;
    public readonly Resource\Deliveries $deliveries;
    public readonly Resource\Entitlements $entitlements;
    public readonly Resource\Features $features;
    public readonly Resource\Namespaces $namespaces;
    public readonly Resource\Packages $packages;
    public readonly Resource\Users $users;
    public readonly Resource\Webhooks $webhooks;
    public readonly Resource\Workspaces $workspaces;

    protected function __construct(Runner $runner)
    {
        $this->apiKeys = new Resource\ApiKeys($runner);
        $this->deliveries = new Resource\Deliveries($runner);
        $this->entitlements = new Resource\Entitlements($runner);
        $this->features = new Resource\Features($runner);
        $this->namespaces = new Resource\Namespaces($runner);
        $this->packages = new Resource\Packages($runner);
        $this->users = new Resource\Users($runner);
        $this->webhooks = new Resource\Webhooks($runner);
        $this->workspaces = new Resource\Workspaces($runner);
    }
}
