<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK;

/** Every resource of the API. */
abstract class Resources
{
    public readonly Resource\ApiKeys $apiKeys;
    public readonly Resource\Boosts $boosts;
    public readonly Resource\Deliveries $deliveries;
    public readonly Resource\Entitlements $entitlements;
    public readonly Resource\EventTypes $eventTypes;
    public readonly Resource\Events $events;
    public readonly Resource\Features $features;
    public readonly Resource\Invitations $invitations;
    public readonly Resource\Members $members;
    public readonly Resource\Namespaces $namespaces;
    public readonly Resource\Packages $packages;
    public readonly Resource\Replays $replays;
    public readonly Resource\Reservations $reservations;
    public readonly Resource\Teams $teams;
    public readonly Resource\Usage $usage;
    public readonly Resource\Users $users;
    public readonly Resource\Webhooks $webhooks;
    public readonly Resource\Workspaces $workspaces;

    protected function __construct(Runner $runner)
    {
        $this->apiKeys = new Resource\ApiKeys($runner);
        $this->boosts = new Resource\Boosts($runner);
        $this->deliveries = new Resource\Deliveries($runner);
        $this->entitlements = new Resource\Entitlements($runner);
        $this->eventTypes = new Resource\EventTypes($runner);
        $this->events = new Resource\Events($runner);
        $this->features = new Resource\Features($runner);
        $this->invitations = new Resource\Invitations($runner);
        $this->members = new Resource\Members($runner);
        $this->namespaces = new Resource\Namespaces($runner);
        $this->packages = new Resource\Packages($runner);
        $this->replays = new Resource\Replays($runner);
        $this->reservations = new Resource\Reservations($runner);
        $this->teams = new Resource\Teams($runner);
        $this->usage = new Resource\Usage($runner);
        $this->users = new Resource\Users($runner);
        $this->webhooks = new Resource\Webhooks($runner);
        $this->workspaces = new Resource\Workspaces($runner);
    }
}
