// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

import type { PagePromise } from "../pages.js";
import { pathOf, type Runner } from "../request.js";
import type { Options, Result } from "../types.js";
import type * as models from "./models.js";

export interface ApiKeysBatchParams {
  operations: ReadonlyArray<models.BatchOperation>;
  atomic?: boolean;
}

export interface ApiKeysCreateParams {
  name: string;
  scopes: ReadonlyArray<string>;
  environment?: "live" | "test";
  expires_at?: string | null | Date;
  ip_allowlist?: ReadonlyArray<string>;
  rate_limit?: models.RateLimitBody | null;
  rate_limit_tier?: "free" | "pro" | "business" | "enterprise" | null;
}

export interface ApiKeysGetParams {
  fields?: string | readonly string[];
}

export interface ApiKeysListParams {
  created_after?: string | Date;
  created_before?: string | Date;
  cursor?: string;
  fields?: string | readonly string[];
  namespace_id?: string;
  page?: number;
  per_page?: number;
  search?: string;
  sort?: string | readonly string[];
  updated_after?: string | Date;
  updated_before?: string | Date;
  workspace_id?: string;
}

/** ApiKeys: batch, create, delete, get, list. */
export class ApiKeys {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (create, delete). */
  batch(params: ApiKeysBatchParams, options: Options = {}): Promise<Result<Record<string, unknown>>> {
    return this.runner.run({ method: "POST", path: pathOf("/api-keys/batch"), shape: "bare", body: { ...params } }, options);
  }

  /** Create an API key. */
  create(params: ApiKeysCreateParams, options: Options = {}): Promise<Result<models.ApiKey>> {
    return this.runner.run({ method: "POST", path: pathOf("/api-keys"), shape: "one", body: { ...params } }, options);
  }

  /** Revoke an API key. */
  delete(keyId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/api-keys/{key_id}", keyId), shape: "nothing" }, options);
  }

  /** Get an API key. */
  get(keyId: string, params: ApiKeysGetParams = {}, options: Options = {}): Promise<Result<models.ApiKey>> {
    return this.runner.run({ method: "GET", path: pathOf("/api-keys/{key_id}", keyId), shape: "one", query: { ...params } }, options);
  }

  /** List API keys. */
  list(params: ApiKeysListParams = {}, options: Options = {}): PagePromise<models.ApiKey> {
    return this.runner.page({ method: "GET", path: pathOf("/api-keys"), shape: "list", query: { ...params } }, options);
  }
}

export interface DeliveriesGetParams {
  fields?: string | readonly string[];
}

export interface DeliveriesListParams {
  created_after?: string | Date;
  created_before?: string | Date;
  cursor?: string;
  event_type?: string;
  fields?: string | readonly string[];
  namespace_id?: string;
  page?: number;
  per_page?: number;
  sort?: string | readonly string[];
  status?: "pending" | "success" | "retrying" | "failed" | "cancelled";
  updated_after?: string | Date;
  updated_before?: string | Date;
  workspace_id?: string;
}

/** Deliveries: get, list, retry. */
export class Deliveries {
  constructor(private readonly runner: Runner) {}

  /** Get a delivery with its attempts. */
  get(webhookId: string, deliveryId: string, params: DeliveriesGetParams = {}, options: Options = {}): Promise<Result<models.Delivery>> {
    return this.runner.run({ method: "GET", path: pathOf("/webhooks/{webhook_id}/deliveries/{delivery_id}", webhookId, deliveryId), shape: "one", query: { ...params } }, options);
  }

  /** List deliveries. */
  list(webhookId: string, params: DeliveriesListParams = {}, options: Options = {}): PagePromise<models.Delivery> {
    return this.runner.page({ method: "GET", path: pathOf("/webhooks/{webhook_id}/deliveries", webhookId), shape: "list", query: { ...params } }, options);
  }

  /** Retry a delivery. */
  retry(webhookId: string, deliveryId: string, options: Options = {}): Promise<Result<models.Delivery>> {
    return this.runner.run({ method: "POST", path: pathOf("/webhooks/{webhook_id}/deliveries/{delivery_id}/retry", webhookId, deliveryId), shape: "one" }, options);
  }
}

export interface EntitlementsCheckParams {
  feature?: string;
  fields?: string | readonly string[];
  quantity?: string;
}

export interface EntitlementsCreateParams {
  package: string;
  expires_at?: string | null | Date;
  namespace_id?: string | null;
  source?: string;
  workspace_id?: string | null;
}

export interface EntitlementsListParams {
  fields?: string | readonly string[];
}

export interface EntitlementsRecordUsageParams {
  feature: string;
  enforce?: boolean;
  metadata?: Record<string, unknown> | null;
  quantity?: number;
}

export interface EntitlementsSummaryParams {
  fields?: string | readonly string[];
}

/** Entitlements: check, create, list, recordUsage, summary. */
export class Entitlements {
  constructor(private readonly runner: Runner) {}

  /** Check a feature of the context. */
  check(params: EntitlementsCheckParams = {}, options: Options = {}): Promise<Result<models.Verdict>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements/check"), shape: "bare", query: { ...params } }, options);
  }

  /** Give a holder a package. */
  create(params: EntitlementsCreateParams, options: Options = {}): Promise<Result<models.Entitlement>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements"), shape: "one", body: { ...params } }, options);
  }

  /** List the packages of the context. */
  list(params: EntitlementsListParams = {}, options: Options = {}): Promise<Result<models.Entitlement>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements"), shape: "one", query: { ...params } }, options);
  }

  /** Record usage. */
  recordUsage(params: EntitlementsRecordUsageParams, options: Options = {}): Promise<Result<models.Recorded>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/usage"), shape: "bare", body: { ...params } }, options);
  }

  /** All figures of the context. */
  summary(params: EntitlementsSummaryParams = {}, options: Options = {}): Promise<Result<models.Summary>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements/summary"), shape: "one", query: { ...params } }, options);
  }
}

export interface FeaturesListParams {
  fields?: string | readonly string[];
}

/** Features: list. */
export class Features {
  constructor(private readonly runner: Runner) {}

  /** List the features. */
  list(params: FeaturesListParams = {}, options: Options = {}): Promise<Result<models.Feature>> {
    return this.runner.run({ method: "GET", path: pathOf("/features"), shape: "one", query: { ...params } }, options);
  }
}

export interface NamespacesBatchParams {
  operations: ReadonlyArray<models.BatchOperation>;
  atomic?: boolean;
}

export interface NamespacesCheckEntitlementParams {
  feature: string;
  quantity?: number;
}

export interface NamespacesCreateParams {
  name: string;
  description?: string | null;
  is_default?: boolean;
  owner_type?: "User" | "Workspace";
  slug?: string | null;
}

export interface NamespacesGetParams {
  fields?: string | readonly string[];
}

export interface NamespacesListParams {
  created_after?: string | Date;
  created_before?: string | Date;
  cursor?: string;
  fields?: string | readonly string[];
  is_active?: boolean;
  namespace_id?: string;
  owner_type?: "User" | "Workspace";
  page?: number;
  per_page?: number;
  search?: string;
  sort?: string | readonly string[];
  updated_after?: string | Date;
  updated_before?: string | Date;
  workspace_id?: string;
}

export interface NamespacesUpdateParams {
  description?: string | null;
  is_active?: boolean | null;
  name?: string | null;
}

/** Namespaces: batch, checkEntitlement, create, delete, get, list, update. */
export class Namespaces {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (create, update, delete). */
  batch(params: NamespacesBatchParams, options: Options = {}): Promise<Result<Record<string, unknown>>> {
    return this.runner.run({ method: "POST", path: pathOf("/namespaces/batch"), shape: "bare", body: { ...params } }, options);
  }

  /** Check a feature of a namespace. */
  checkEntitlement(namespaceId: string, params: NamespacesCheckEntitlementParams, options: Options = {}): Promise<Result<models.Verdict>> {
    return this.runner.run({ method: "POST", path: pathOf("/namespaces/{namespace_id}/entitlements/check", namespaceId), shape: "bare", body: { ...params } }, options);
  }

  /** Create a namespace. */
  create(params: NamespacesCreateParams, options: Options = {}): Promise<Result<models.Namespace>> {
    return this.runner.run({ method: "POST", path: pathOf("/namespaces"), shape: "one", body: { ...params } }, options);
  }

  /** Delete a namespace. */
  delete(namespaceId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/namespaces/{namespace_id}", namespaceId), shape: "nothing" }, options);
  }

  /** Get a namespace. */
  get(namespaceId: string, params: NamespacesGetParams = {}, options: Options = {}): Promise<Result<models.Namespace>> {
    return this.runner.run({ method: "GET", path: pathOf("/namespaces/{namespace_id}", namespaceId), shape: "one", query: { ...params } }, options);
  }

  /** List namespaces. */
  list(params: NamespacesListParams = {}, options: Options = {}): PagePromise<models.Namespace> {
    return this.runner.page({ method: "GET", path: pathOf("/namespaces"), shape: "list", query: { ...params } }, options);
  }

  /** Change a namespace. */
  update(namespaceId: string, params: NamespacesUpdateParams = {}, options: Options = {}): Promise<Result<models.Namespace>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/namespaces/{namespace_id}", namespaceId), shape: "one", body: { ...params } }, options);
  }
}

export interface PackagesListParams {
  fields?: string | readonly string[];
}

/** Packages: list. */
export class Packages {
  constructor(private readonly runner: Runner) {}

  /** List the packages. */
  list(params: PackagesListParams = {}, options: Options = {}): Promise<Result<models.Package>> {
    return this.runner.run({ method: "GET", path: pathOf("/packages"), shape: "one", query: { ...params } }, options);
  }
}

export interface UsersListParams {
  created_after?: string | Date;
  created_before?: string | Date;
  cursor?: string;
  fields?: string | readonly string[];
  namespace_id?: string;
  page?: number;
  per_page?: number;
  search?: string;
  sort?: string | readonly string[];
  updated_after?: string | Date;
  updated_before?: string | Date;
  workspace_id?: string;
}

export interface UsersMeParams {
  fields?: string | readonly string[];
}

/** Users: list, me. */
export class Users {
  constructor(private readonly runner: Runner) {}

  /** List the members of the workspace in context. */
  list(params: UsersListParams = {}, options: Options = {}): PagePromise<models.User> {
    return this.runner.page({ method: "GET", path: pathOf("/users"), shape: "list", query: { ...params } }, options);
  }

  /** Get the user of the key. */
  me(params: UsersMeParams = {}, options: Options = {}): Promise<Result<models.User>> {
    return this.runner.run({ method: "GET", path: pathOf("/user"), shape: "one", query: { ...params } }, options);
  }
}

export interface WebhooksBatchParams {
  operations: ReadonlyArray<models.BatchOperation>;
  atomic?: boolean;
}

export interface WebhooksCreateParams {
  events: ReadonlyArray<string>;
  url: string;
  description?: string | null;
  secret?: string | null;
}

export interface WebhooksGetParams {
  fields?: string | readonly string[];
}

export interface WebhooksListParams {
  created_after?: string | Date;
  created_before?: string | Date;
  cursor?: string;
  fields?: string | readonly string[];
  is_active?: boolean;
  namespace_id?: string;
  page?: number;
  per_page?: number;
  sort?: string | readonly string[];
  updated_after?: string | Date;
  updated_before?: string | Date;
  workspace_id?: string;
}

export interface WebhooksUpdateParams {
  description?: string | null;
  events?: ReadonlyArray<string> | null;
  is_active?: boolean | null;
  url?: string | null;
}

/** Webhooks: batch, create, delete, get, list, test, update. */
export class Webhooks {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (create, update, delete). */
  batch(params: WebhooksBatchParams, options: Options = {}): Promise<Result<Record<string, unknown>>> {
    return this.runner.run({ method: "POST", path: pathOf("/webhooks/batch"), shape: "bare", body: { ...params } }, options);
  }

  /** Create a webhook. */
  create(params: WebhooksCreateParams, options: Options = {}): Promise<Result<models.Webhook>> {
    return this.runner.run({ method: "POST", path: pathOf("/webhooks"), shape: "one", body: { ...params } }, options);
  }

  /** Delete a webhook. */
  delete(webhookId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/webhooks/{webhook_id}", webhookId), shape: "nothing" }, options);
  }

  /** Get a webhook. */
  get(webhookId: string, params: WebhooksGetParams = {}, options: Options = {}): Promise<Result<models.Webhook>> {
    return this.runner.run({ method: "GET", path: pathOf("/webhooks/{webhook_id}", webhookId), shape: "one", query: { ...params } }, options);
  }

  /** List webhooks. */
  list(params: WebhooksListParams = {}, options: Options = {}): PagePromise<models.Webhook> {
    return this.runner.page({ method: "GET", path: pathOf("/webhooks"), shape: "list", query: { ...params } }, options);
  }

  /** Send a test event. */
  test(webhookId: string, options: Options = {}): Promise<Result<models.Tested>> {
    return this.runner.run({ method: "POST", path: pathOf("/webhooks/{webhook_id}/test", webhookId), shape: "bare" }, options);
  }

  /** Change a webhook. */
  update(webhookId: string, params: WebhooksUpdateParams = {}, options: Options = {}): Promise<Result<models.Webhook>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/webhooks/{webhook_id}", webhookId), shape: "one", body: { ...params } }, options);
  }
}

export interface WorkspacesBatchParams {
  operations: ReadonlyArray<models.BatchOperation>;
  atomic?: boolean;
}

export interface WorkspacesCreateParams {
  name: string;
  settings?: Record<string, unknown>;
  slug?: string | null;
  tier?: "free" | "pro" | "business" | "enterprise" | null;
}

export interface WorkspacesGetParams {
  fields?: string | readonly string[];
}

export interface WorkspacesListParams {
  created_after?: string | Date;
  created_before?: string | Date;
  cursor?: string;
  fields?: string | readonly string[];
  namespace_id?: string;
  page?: number;
  per_page?: number;
  search?: string;
  sort?: string | readonly string[];
  status?: "active" | "suspended";
  tier?: "free" | "pro" | "business" | "enterprise";
  updated_after?: string | Date;
  updated_before?: string | Date;
  workspace_id?: string;
}

export interface WorkspacesSuspendParams {
  reason: string;
}

export interface WorkspacesUpdateParams {
  name?: string | null;
  settings?: Record<string, unknown> | null;
  slug?: string | null;
  tier?: "free" | "pro" | "business" | "enterprise" | null;
}

/** Workspaces: batch, create, delete, get, list, restore, suspend, unsuspend, update. */
export class Workspaces {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (create, update, delete). */
  batch(params: WorkspacesBatchParams, options: Options = {}): Promise<Result<Record<string, unknown>>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/batch"), shape: "bare", body: { ...params } }, options);
  }

  /** Create a workspace. */
  create(params: WorkspacesCreateParams, options: Options = {}): Promise<Result<models.Workspace>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces"), shape: "one", body: { ...params } }, options);
  }

  /** Delete a workspace, restorable for 30 days. */
  delete(workspaceId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/workspaces/{workspace_id}", workspaceId), shape: "nothing" }, options);
  }

  /** Get a workspace. */
  get(workspaceId: string, params: WorkspacesGetParams = {}, options: Options = {}): Promise<Result<models.Workspace>> {
    return this.runner.run({ method: "GET", path: pathOf("/workspaces/{workspace_id}", workspaceId), shape: "one", query: { ...params } }, options);
  }

  /** List workspaces. */
  list(params: WorkspacesListParams = {}, options: Options = {}): PagePromise<models.Workspace> {
    return this.runner.page({ method: "GET", path: pathOf("/workspaces"), shape: "list", query: { ...params } }, options);
  }

  /** Restore a deleted workspace. */
  restore(workspaceId: string, options: Options = {}): Promise<Result<models.Workspace>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/{workspace_id}/restore", workspaceId), shape: "one" }, options);
  }

  /** Suspend a workspace. */
  suspend(workspaceId: string, params: WorkspacesSuspendParams, options: Options = {}): Promise<Result<models.Workspace>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/{workspace_id}/suspend", workspaceId), shape: "one", body: { ...params } }, options);
  }

  /** End a suspension. */
  unsuspend(workspaceId: string, options: Options = {}): Promise<Result<models.Workspace>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/{workspace_id}/unsuspend", workspaceId), shape: "one" }, options);
  }

  /** Change a workspace. */
  update(workspaceId: string, params: WorkspacesUpdateParams = {}, options: Options = {}): Promise<Result<models.Workspace>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/workspaces/{workspace_id}", workspaceId), shape: "one", body: { ...params } }, options);
  }
}

/** Every resource of the API. */
export class Resources {
  readonly apiKeys: ApiKeys;
  readonly deliveries: Deliveries;
  readonly entitlements: Entitlements;
  readonly features: Features;
  readonly namespaces: Namespaces;
  readonly packages: Packages;
  readonly users: Users;
  readonly webhooks: Webhooks;
  readonly workspaces: Workspaces;

  constructor(runner: Runner) {
    this.apiKeys = new ApiKeys(runner);
    this.deliveries = new Deliveries(runner);
    this.entitlements = new Entitlements(runner);
    this.features = new Features(runner);
    this.namespaces = new Namespaces(runner);
    this.packages = new Packages(runner);
    this.users = new Users(runner);
    this.webhooks = new Webhooks(runner);
    this.workspaces = new Workspaces(runner);
  }
}
