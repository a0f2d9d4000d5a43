// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

import type { PagePromise } from "../pages.js";
import { parted, pathOf, type Runner } from "../request.js";
import type { Options, Result } from "../types.js";
import type * as models from "./models.js";

export interface ApiKeysBatchParams {
  operations: ReadonlyArray<models.ApiKeysBatchOperation>;
  atomic?: boolean | undefined;
}

export interface ApiKeysCreateParams {
  name: string;
  scopes: ReadonlyArray<string>;
  environment?: "live" | "test" | undefined;
  expires_at?: string | null | Date | undefined;
  ip_allowlist?: ReadonlyArray<string> | undefined;
  rate_limit?: models.RateLimitBody | null | undefined;
  rate_limit_tier?: "free" | "pro" | "business" | "enterprise" | null | undefined;
  user_id?: string | null | undefined;
}

export interface ApiKeysGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface ApiKeysListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  environment?: "live" | "test" | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  rate_limit_tier?: "free" | "pro" | "business" | "enterprise" | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  status?: "active" | "expired" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  user_id?: string | undefined;
  workspace_id?: string | undefined;
}

export interface ApiKeysRotateParams {
  grace_period_hours?: number | undefined;
}

export interface ApiKeysUpdateParams {
  expires_at?: string | null | Date | undefined;
  ip_allowlist?: ReadonlyArray<string> | undefined;
  name?: string | undefined;
  rate_limit?: models.RateLimitBody | null | undefined;
  rate_limit_tier?: "free" | "pro" | "business" | "enterprise" | undefined;
  scopes?: ReadonlyArray<string> | undefined;
}

/** ApiKeys: batch, create, delete, get, list, rotate, update. */
export class ApiKeys {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (create, delete). */
  batch(params: ApiKeysBatchParams, options: Options = {}): Promise<Result<Array<Record<string, unknown>>>> {
    return this.runner.run({ method: "POST", path: pathOf("/api-keys/batch"), shape: "one", body: { ...params } }, options);
  }

  /** Create an API key. */
  create(params: ApiKeysCreateParams, options: Options = {}): Promise<Result<models.NewApiKey>> {
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

  /** Give a new key in the place of this one. */
  rotate(keyId: string, params: ApiKeysRotateParams = {}, options: Options = {}): Promise<Result<models.RotatedApiKey>> {
    return this.runner.run({ method: "POST", path: pathOf("/api-keys/{key_id}/rotate", keyId), shape: "one", body: { ...params } }, options);
  }

  /** Change an API key. */
  update(keyId: string, params: ApiKeysUpdateParams = {}, options: Options = {}): Promise<Result<models.ApiKey>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/api-keys/{key_id}", keyId), shape: "one", body: { ...params } }, options);
  }
}

export interface BoostsCreateParams {
  feature: string;
  type: "add_limit" | "enable" | "unlimited";
  duration?: "cycle_bound" | "duration" | "permanent" | null | undefined;
  expires_at?: string | null | Date | undefined;
  namespace_id?: string | null | undefined;
  quantity?: number | null | undefined;
  source?: string | undefined;
  workspace_id?: string | null | undefined;
}

export interface BoostsGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface BoostsListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  duration?: "cycle_bound" | "duration" | "permanent" | undefined;
  feature?: string | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  source?: string | undefined;
  status?: "active" | "cancelled" | "expired" | undefined;
  type?: "add_limit" | "enable" | "unlimited" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

/** Boosts: create, delete, get, list. */
export class Boosts {
  constructor(private readonly runner: Runner) {}

  /** Give a holder a boost. */
  create(params: BoostsCreateParams, options: Options = {}): Promise<Result<models.Boost>> {
    return this.runner.run({ method: "POST", path: pathOf("/boosts"), shape: "one", body: { ...params } }, options);
  }

  /** Take a boost away. */
  delete(boostId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/boosts/{boost_id}", boostId), shape: "nothing" }, options);
  }

  /** Get a boost. */
  get(boostId: string, params: BoostsGetParams = {}, options: Options = {}): Promise<Result<models.Boost>> {
    return this.runner.run({ method: "GET", path: pathOf("/boosts/{boost_id}", boostId), shape: "one", query: { ...params } }, options);
  }

  /** List the boosts of the context. */
  list(params: BoostsListParams = {}, options: Options = {}): PagePromise<models.Boost> {
    return this.runner.page({ method: "GET", path: pathOf("/boosts"), shape: "list", query: { ...params } }, options);
  }
}

export interface DeliveriesGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface DeliveriesListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  event_id?: string | undefined;
  event_type?: string | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  sort?: string | readonly string[] | undefined;
  status?: "pending" | "success" | "retrying" | "failed" | "cancelled" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

/** Deliveries: get, list, retry. */
export class Deliveries {
  constructor(private readonly runner: Runner) {}

  /** Get a delivery with its attempts. */
  get(webhookId: string, deliveryId: string, params: DeliveriesGetParams = {}, options: Options = {}): Promise<Result<models.DeliveryWithHistory>> {
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

export interface EntitlementsCancelParams {
  reason?: string | null | undefined;
}

export interface EntitlementsCheckParams {
  feature: string;
  as_of?: string | null | Date | undefined;
  fields?: string | readonly string[] | undefined;
  quantity?: number | undefined;
}

export interface EntitlementsCreateParams {
  package: string;
  billing_cycle_anchor?: string | null | Date | undefined;
  expires_at?: string | null | Date | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  namespace_id?: string | null | undefined;
  replace?: boolean | undefined;
  source?: string | undefined;
  starts_at?: string | null | Date | undefined;
  trial_ends_at?: string | null | Date | undefined;
  workspace_id?: string | null | undefined;
}

export interface EntitlementsExplainParams {
  feature: string;
  as_of?: string | null | Date | undefined;
  fields?: string | readonly string[] | undefined;
}

export interface EntitlementsGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface EntitlementsListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  is_base?: boolean | undefined;
  namespace_id?: string | undefined;
  package?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  source?: string | undefined;
  status?: "active" | "suspended" | "cancelled" | "expired" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

export interface EntitlementsLogParams {
  action?: string | undefined;
  actor?: string | undefined;
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  feature?: string | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  package?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  source?: string | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

export interface EntitlementsPreviewParams {
  package: string;
  billing_cycle_anchor?: string | null | Date | undefined;
  expires_at?: string | null | Date | undefined;
  namespace_id?: string | null | undefined;
  replace?: boolean | undefined;
  starts_at?: string | null | Date | undefined;
  trial_ends_at?: string | null | Date | undefined;
  workspace_id?: string | null | undefined;
}

export interface EntitlementsRecordUsageParams {
  feature: string;
  enforce?: boolean | undefined;
  metadata?: Record<string, unknown> | null | undefined;
  occurred_at?: string | null | Date | undefined;
  quantity?: number | undefined;
}

export interface EntitlementsRenewParams {
  expires_at?: string | null | Date | undefined;
}

export interface EntitlementsSummaryParams {
  as_of?: string | null | Date | undefined;
  fields?: string | readonly string[] | undefined;
}

export interface EntitlementsSuspendParams {
  reason?: string | null | undefined;
}

export interface EntitlementsUsageHistoryParams {
  feature: string;
  fields?: string | readonly string[] | undefined;
  since?: string | null | Date | undefined;
  until?: string | null | Date | undefined;
  window?: "hour" | "day" | "month" | undefined;
}

/** Entitlements: cancel, check, create, explain, get, list, log, preview, recordUsage, renew, summary, suspend, unsuspend, usageHistory. */
export class Entitlements {
  constructor(private readonly runner: Runner) {}

  /** End a package now. */
  cancel(entitlementId: string, params: EntitlementsCancelParams = {}, options: Options = {}): Promise<Result<models.Entitlement>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/{entitlement_id}/cancel", entitlementId), shape: "one", body: { ...params } }, options);
  }

  /** Check a feature of the context. */
  check(params: EntitlementsCheckParams, options: Options = {}): Promise<Result<models.Verdict>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements/check"), shape: "bare", query: { ...params } }, options);
  }

  /** Give a holder a package. */
  create(params: EntitlementsCreateParams, options: Options = {}): Promise<Result<models.Entitlement>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements"), shape: "one", body: { ...params } }, options);
  }

  /** Why a check answers as it does. */
  explain(params: EntitlementsExplainParams, options: Options = {}): Promise<Result<models.Explanation>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements/explain"), shape: "one", query: { ...params } }, options);
  }

  /** Get a provisioned package. */
  get(entitlementId: string, params: EntitlementsGetParams = {}, options: Options = {}): Promise<Result<models.Entitlement>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements/{entitlement_id}", entitlementId), shape: "one", query: { ...params } }, options);
  }

  /** List the packages of the context. */
  list(params: EntitlementsListParams = {}, options: Options = {}): PagePromise<models.Entitlement> {
    return this.runner.page({ method: "GET", path: pathOf("/entitlements"), shape: "list", query: { ...params } }, options);
  }

  /** List who changed what of the context's entitlements. */
  log(params: EntitlementsLogParams = {}, options: Options = {}): PagePromise<models.LogEntry> {
    return this.runner.page({ method: "GET", path: pathOf("/entitlements/log"), shape: "list", query: { ...params } }, options);
  }

  /** What a package would change. */
  preview(params: EntitlementsPreviewParams, options: Options = {}): Promise<Result<models.Previewed>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/preview"), shape: "one", body: { ...params } }, options);
  }

  /** Record usage. */
  recordUsage(params: EntitlementsRecordUsageParams, options: Options = {}): Promise<Result<models.Recorded>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/usage"), shape: "bare", body: { ...params } }, options);
  }

  /** Let a package go on. */
  renew(entitlementId: string, params: EntitlementsRenewParams = {}, options: Options = {}): Promise<Result<models.Entitlement>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/{entitlement_id}/renew", entitlementId), shape: "one", body: { ...params } }, options);
  }

  /** All figures of the context. */
  summary(params: EntitlementsSummaryParams = {}, options: Options = {}): Promise<Result<models.Summary>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements/summary"), shape: "one", query: { ...params } }, options);
  }

  /** Suspend a package. */
  suspend(entitlementId: string, params: EntitlementsSuspendParams = {}, options: Options = {}): Promise<Result<models.Entitlement>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/{entitlement_id}/suspend", entitlementId), shape: "one", body: { ...params } }, options);
  }

  /** Let it grant again. */
  unsuspend(entitlementId: string, options: Options = {}): Promise<Result<models.Entitlement>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/{entitlement_id}/unsuspend", entitlementId), shape: "one" }, options);
  }

  /** Usage of a feature by hour, day or month. */
  usageHistory(params: EntitlementsUsageHistoryParams, options: Options = {}): Promise<Result<models.UsageHistory>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements/usage"), shape: "bare", query: { ...params } }, options);
  }
}

export interface EventTypesCreateParams {
  schema: Record<string, unknown>;
  type: string;
  description?: string | undefined;
}

export interface EventTypesGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface EventTypesListParams {
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  workspace_id?: string | undefined;
}

export interface EventTypesUpdateParams {
  description?: string | undefined;
  schema?: Record<string, unknown> | undefined;
}

/** EventTypes: create, delete, get, list, update. */
export class EventTypes {
  constructor(private readonly runner: Runner) {}

  /** Describe a type of your own events, and what its data must fit. */
  create(params: EventTypesCreateParams, options: Options = {}): Promise<Result<models.EventType>> {
    return this.runner.run({ method: "POST", path: pathOf("/event-types"), shape: "one", body: { ...params } }, options);
  }

  /** Take events of a type whatever their data again. */
  delete(eventType: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/event-types/{event_type}", eventType), shape: "nothing" }, options);
  }

  /** Get a type of events. */
  get(eventType: string, params: EventTypesGetParams = {}, options: Options = {}): Promise<Result<models.EventType>> {
    return this.runner.run({ method: "GET", path: pathOf("/event-types/{event_type}", eventType), shape: "one", query: { ...params } }, options);
  }

  /** List the types of events, the platform's and your own. */
  list(params: EventTypesListParams = {}, options: Options = {}): PagePromise<models.EventType> {
    return this.runner.page({ method: "GET", path: pathOf("/event-types"), shape: "list", query: { ...params } }, options);
  }

  /** Change a type of your own. */
  update(eventType: string, params: EventTypesUpdateParams = {}, options: Options = {}): Promise<Result<models.EventType>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/event-types/{event_type}", eventType), shape: "one", body: { ...params } }, options);
  }
}

export interface EventsCreateParams {
  data: Record<string, unknown>;
  type: string;
  idempotency_key?: string | null | undefined;
}

export interface EventsGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface EventsListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  idempotency_key?: string | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  type?: string | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

/** Events: create, get, list. */
export class Events {
  constructor(private readonly runner: Runner) {}

  /** Publish an event of your own. */
  create(params: EventsCreateParams, options: Options = {}): Promise<Result<models.ClientEvent>> {
    return this.runner.run({ method: "POST", path: pathOf("/events"), shape: "one", body: { ...params } }, options);
  }

  /** Get an event, your own or the platform's. */
  get(eventId: string, params: EventsGetParams = {}, options: Options = {}): Promise<Result<models.ClientEvent>> {
    return this.runner.run({ method: "GET", path: pathOf("/events/{event_id}", eventId), shape: "one", query: { ...params } }, options);
  }

  /** List the events that the workspace published. */
  list(params: EventsListParams = {}, options: Options = {}): PagePromise<models.ClientEvent> {
    return this.runner.page({ method: "GET", path: pathOf("/events"), shape: "list", query: { ...params } }, options);
  }
}

export interface FeaturesCreateParams {
  code: string;
  name: string;
  type: "boolean" | "limit" | "unlimited";
  category?: string | undefined;
  parent?: string | null | undefined;
  reset?: "none" | "monthly" | "rolling" | undefined;
  rolling_window_days?: number | null | undefined;
  rolls_over?: boolean | undefined;
  scale?: number | undefined;
  spill?: boolean | undefined;
  unit?: string | null | undefined;
}

export interface FeaturesGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface FeaturesListParams {
  category?: string | undefined;
  code?: string | undefined;
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  parent?: string | undefined;
  per_page?: number | undefined;
  reset?: "none" | "monthly" | "rolling" | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  type?: "boolean" | "limit" | "unlimited" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

export interface FeaturesUpdateParams {
  category?: string | undefined;
  name?: string | undefined;
  parent?: string | null | undefined;
  rolls_over?: boolean | undefined;
  spill?: boolean | undefined;
  unit?: string | null | undefined;
}

/** Features: create, get, list, update. */
export class Features {
  constructor(private readonly runner: Runner) {}

  /** Add a feature. */
  create(params: FeaturesCreateParams, options: Options = {}): Promise<Result<models.Feature>> {
    return this.runner.run({ method: "POST", path: pathOf("/features"), shape: "one", body: { ...params } }, options);
  }

  /** Get a feature, by id or code. */
  get(featureId: string, params: FeaturesGetParams = {}, options: Options = {}): Promise<Result<models.Feature>> {
    return this.runner.run({ method: "GET", path: pathOf("/features/{feature_id}", featureId), shape: "one", query: { ...params } }, options);
  }

  /** List the features. */
  list(params: FeaturesListParams = {}, options: Options = {}): PagePromise<models.Feature> {
    return this.runner.page({ method: "GET", path: pathOf("/features"), shape: "list", query: { ...params } }, options);
  }

  /** Change a feature. */
  update(featureId: string, params: FeaturesUpdateParams = {}, options: Options = {}): Promise<Result<models.Feature>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/features/{feature_id}", featureId), shape: "one", body: { ...params } }, options);
  }
}

export interface InvitationsAcceptParams {
  token: string;
  name?: string | null | undefined;
}

export interface InvitationsCreateParams {
  email: string;
  role?: "owner" | "admin" | "member" | undefined;
  team_id?: string | null | undefined;
}

export interface InvitationsGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface InvitationsListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  role?: "owner" | "admin" | "member" | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  status?: "pending" | "accepted" | "revoked" | "expired" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
}

/** Invitations: accept, create, delete, get, list. */
export class Invitations {
  constructor(private readonly runner: Runner) {}

  /** Accept an invitation. */
  accept(params: InvitationsAcceptParams, options: Options = {}): Promise<Result<models.Acceptance>> {
    return this.runner.run({ method: "POST", path: pathOf("/invitations/accept"), shape: "one", body: { ...params } }, options);
  }

  /** Invite somebody by e-mail. */
  create(workspaceId: string, params: InvitationsCreateParams, options: Options = {}): Promise<Result<models.NewInvitation>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/{workspace_id}/invitations", workspaceId), shape: "one", body: { ...params } }, options);
  }

  /** Take back an invitation. */
  delete(workspaceId: string, invitationId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/workspaces/{workspace_id}/invitations/{invitation_id}", workspaceId, invitationId), shape: "nothing" }, options);
  }

  /** Get an invitation. */
  get(workspaceId: string, invitationId: string, params: InvitationsGetParams = {}, options: Options = {}): Promise<Result<models.Invitation>> {
    return this.runner.run({ method: "GET", path: pathOf("/workspaces/{workspace_id}/invitations/{invitation_id}", workspaceId, invitationId), shape: "one", query: { ...params } }, options);
  }

  /** List invitations. */
  list(workspaceId: string, params: InvitationsListParams = {}, options: Options = {}): PagePromise<models.Invitation> {
    return this.runner.page({ method: "GET", path: pathOf("/workspaces/{workspace_id}/invitations", workspaceId), shape: "list", query: { ...params } }, options);
  }
}

export interface MembersCreateParams {
  user_id: string;
  custom_permissions?: ReadonlyArray<string> | null | undefined;
  role?: "owner" | "admin" | "member" | undefined;
  team_id?: string | null | undefined;
}

export interface MembersGetParams {
  fields?: string | readonly string[] | undefined;
  include?: string | readonly string[] | undefined;
}

export interface MembersListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  include?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  role?: "owner" | "admin" | "member" | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  team_id?: string | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  user_id?: string | undefined;
}

export interface MembersUpdateParams {
  custom_permissions?: ReadonlyArray<string> | null | undefined;
  role?: "owner" | "admin" | "member" | undefined;
  team_id?: string | null | undefined;
}

/** Members: create, delete, get, list, update. */
export class Members {
  constructor(private readonly runner: Runner) {}

  /** Add a user whom you manage in another workspace. */
  create(workspaceId: string, params: MembersCreateParams, options: Options = {}): Promise<Result<models.Member>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/{workspace_id}/members", workspaceId), shape: "one", body: { ...params } }, options);
  }

  /** Remove a member, or leave. */
  delete(workspaceId: string, userId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/workspaces/{workspace_id}/members/{user_id}", workspaceId, userId), shape: "nothing" }, options);
  }

  /** Get a member. */
  get(workspaceId: string, userId: string, params: MembersGetParams = {}, options: Options = {}): Promise<Result<models.Member>> {
    return this.runner.run({ method: "GET", path: pathOf("/workspaces/{workspace_id}/members/{user_id}", workspaceId, userId), shape: "one", query: { ...params } }, options);
  }

  /** List members. */
  list(workspaceId: string, params: MembersListParams = {}, options: Options = {}): PagePromise<models.Member> {
    return this.runner.page({ method: "GET", path: pathOf("/workspaces/{workspace_id}/members", workspaceId), shape: "list", query: { ...params } }, options);
  }

  /** Change a member's role, team or permissions. */
  update(workspaceId: string, userId: string, params: MembersUpdateParams = {}, options: Options = {}): Promise<Result<models.Member>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/workspaces/{workspace_id}/members/{user_id}", workspaceId, userId), shape: "one", body: { ...params } }, options);
  }
}

export interface NamespacesBatchParams {
  operations: ReadonlyArray<models.NamespacesBatchOperation>;
  atomic?: boolean | undefined;
}

export interface NamespacesCheckEntitlementParams {
  feature: string;
  as_of?: string | null | Date | undefined;
  quantity?: number | undefined;
}

export interface NamespacesCreateParams {
  name: string;
  color?: string | null | undefined;
  description?: string | null | undefined;
  icon?: string | null | undefined;
  is_active?: boolean | undefined;
  is_default?: boolean | undefined;
  owner_id?: string | null | undefined;
  owner_type?: "User" | "Workspace" | null | undefined;
  settings?: Record<string, unknown> | undefined;
  slug?: string | null | undefined;
  sort_order?: number | undefined;
  workspace_id?: string | null | undefined;
}

export interface NamespacesGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface NamespacesListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  is_active?: boolean | undefined;
  is_default?: boolean | undefined;
  namespace_id?: string | undefined;
  owner_type?: "User" | "Workspace" | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  slug?: string | undefined;
  sort?: string | readonly string[] | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

export interface NamespacesUpdateParams {
  color?: string | null | undefined;
  description?: string | null | undefined;
  icon?: string | null | undefined;
  is_active?: boolean | undefined;
  is_default?: boolean | undefined;
  name?: string | undefined;
  settings?: Record<string, unknown> | undefined;
  slug?: string | undefined;
  sort_order?: number | undefined;
}

/** Namespaces: batch, checkEntitlement, create, delete, get, list, update. */
export class Namespaces {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (create, update, delete). */
  batch(params: NamespacesBatchParams, options: Options = {}): Promise<Result<Array<Record<string, unknown>>>> {
    return this.runner.run({ method: "POST", path: pathOf("/namespaces/batch"), shape: "one", body: { ...params } }, options);
  }

  /** Check a feature of a namespace. */
  checkEntitlement(namespaceId: string, params: NamespacesCheckEntitlementParams, options: Options = {}): Promise<Result<models.Verdict>> {
    return this.runner.run({ method: "POST", path: pathOf("/namespaces/{namespace_id}/entitlements/check", namespaceId), shape: "bare", ...parted(params, ["as_of"]) }, options);
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
  get(namespaceId: string, params: NamespacesGetParams = {}, options: Options = {}): Promise<Result<models.NamespaceWithPlan>> {
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

export interface PackagesCreateParams {
  code: string;
  name: string;
  description?: string | null | undefined;
  features?: ReadonlyArray<models.IncludedFeature> | undefined;
  is_active?: boolean | undefined;
  is_base?: boolean | undefined;
  is_public?: boolean | undefined;
  is_stackable?: boolean | null | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | null | undefined;
}

export interface PackagesGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface PackagesListParams {
  code?: string | undefined;
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  is_active?: boolean | undefined;
  is_base?: boolean | undefined;
  is_public?: boolean | undefined;
  is_stackable?: boolean | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

export interface PackagesUpdateParams {
  description?: string | null | undefined;
  features?: ReadonlyArray<models.IncludedFeature> | undefined;
  is_active?: boolean | undefined;
  is_base?: boolean | undefined;
  is_public?: boolean | undefined;
  is_stackable?: boolean | undefined;
  name?: string | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | null | undefined;
}

/** Packages: create, get, list, update. */
export class Packages {
  constructor(private readonly runner: Runner) {}

  /** Add a package. */
  create(params: PackagesCreateParams, options: Options = {}): Promise<Result<models.Package>> {
    return this.runner.run({ method: "POST", path: pathOf("/packages"), shape: "one", body: { ...params } }, options);
  }

  /** Get a package, by id or code. */
  get(packageId: string, params: PackagesGetParams = {}, options: Options = {}): Promise<Result<models.Package>> {
    return this.runner.run({ method: "GET", path: pathOf("/packages/{package_id}", packageId), shape: "one", query: { ...params } }, options);
  }

  /** List the packages. */
  list(params: PackagesListParams = {}, options: Options = {}): PagePromise<models.Package> {
    return this.runner.page({ method: "GET", path: pathOf("/packages"), shape: "list", query: { ...params } }, options);
  }

  /** Change a package: a new version, holders keep theirs. */
  update(packageId: string, params: PackagesUpdateParams = {}, options: Options = {}): Promise<Result<models.Package>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/packages/{package_id}", packageId), shape: "one", body: { ...params } }, options);
  }
}

export interface ReplaysCreateParams {
  since: string | Date;
  status?: "failed" | "cancelled" | "success" | "missing" | "all" | null | undefined;
  until?: string | null | Date | undefined;
}

export interface ReplaysGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface ReplaysListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  sort?: string | readonly string[] | undefined;
  status?: "pending" | "running" | "completed" | "cancelled" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

/** Replays: cancel, create, get, list. */
export class Replays {
  constructor(private readonly runner: Runner) {}

  /** Cancel a replay. */
  cancel(webhookId: string, replayId: string, options: Options = {}): Promise<Result<models.Replay>> {
    return this.runner.run({ method: "POST", path: pathOf("/webhooks/{webhook_id}/replays/{replay_id}/cancel", webhookId, replayId), shape: "one" }, options);
  }

  /** Deliver again what failed or is missing. */
  create(webhookId: string, params: ReplaysCreateParams, options: Options = {}): Promise<Result<models.Replay>> {
    return this.runner.run({ method: "POST", path: pathOf("/webhooks/{webhook_id}/replay", webhookId), shape: "one", body: { ...params } }, options);
  }

  /** Get a replay and its progress. */
  get(webhookId: string, replayId: string, params: ReplaysGetParams = {}, options: Options = {}): Promise<Result<models.Replay>> {
    return this.runner.run({ method: "GET", path: pathOf("/webhooks/{webhook_id}/replays/{replay_id}", webhookId, replayId), shape: "one", query: { ...params } }, options);
  }

  /** List replays. */
  list(webhookId: string, params: ReplaysListParams = {}, options: Options = {}): PagePromise<models.Replay> {
    return this.runner.page({ method: "GET", path: pathOf("/webhooks/{webhook_id}/replays", webhookId), shape: "list", query: { ...params } }, options);
  }
}

export interface ReservationsCommitParams {
  quantity?: number | null | undefined;
}

export interface ReservationsCreateParams {
  feature: string;
  metadata?: Record<string, unknown> | null | undefined;
  quantity?: number | undefined;
  ttl_seconds?: number | undefined;
}

export interface ReservationsGetParams {
  fields?: string | readonly string[] | undefined;
}

/** Reservations: commit, create, get, release. */
export class Reservations {
  constructor(private readonly runner: Runner) {}

  /** Use what is held. */
  commit(reservationId: string, params: ReservationsCommitParams = {}, options: Options = {}): Promise<Result<models.Reservation>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/reservations/{reservation_id}/commit", reservationId), shape: "one", body: { ...params } }, options);
  }

  /** Hold a quantity for a time. */
  create(params: ReservationsCreateParams, options: Options = {}): Promise<Result<models.Reservation>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/reservations"), shape: "one", body: { ...params } }, options);
  }

  /** Get a reservation. */
  get(reservationId: string, params: ReservationsGetParams = {}, options: Options = {}): Promise<Result<models.ReservationState>> {
    return this.runner.run({ method: "GET", path: pathOf("/entitlements/reservations/{reservation_id}", reservationId), shape: "one", query: { ...params } }, options);
  }

  /** Give up what is held. */
  release(reservationId: string, options: Options = {}): Promise<Result<models.Reservation>> {
    return this.runner.run({ method: "POST", path: pathOf("/entitlements/reservations/{reservation_id}/release", reservationId), shape: "one" }, options);
  }
}

export interface TeamsCreateParams {
  name: string;
  description?: string | null | undefined;
  permissions?: ReadonlyArray<string> | undefined;
}

export interface TeamsGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface TeamsListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  is_system?: boolean | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
}

export interface TeamsUpdateParams {
  description?: string | null | undefined;
  name?: string | undefined;
  permissions?: ReadonlyArray<string> | undefined;
}

/** Teams: create, delete, get, list, update. */
export class Teams {
  constructor(private readonly runner: Runner) {}

  /** Create a team. */
  create(workspaceId: string, params: TeamsCreateParams, options: Options = {}): Promise<Result<models.Team>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/{workspace_id}/teams", workspaceId), shape: "one", body: { ...params } }, options);
  }

  /** Delete a team that nobody is in. */
  delete(workspaceId: string, teamId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/workspaces/{workspace_id}/teams/{team_id}", workspaceId, teamId), shape: "nothing" }, options);
  }

  /** Get a team. */
  get(workspaceId: string, teamId: string, params: TeamsGetParams = {}, options: Options = {}): Promise<Result<models.Team>> {
    return this.runner.run({ method: "GET", path: pathOf("/workspaces/{workspace_id}/teams/{team_id}", workspaceId, teamId), shape: "one", query: { ...params } }, options);
  }

  /** List teams. */
  list(workspaceId: string, params: TeamsListParams = {}, options: Options = {}): PagePromise<models.Team> {
    return this.runner.page({ method: "GET", path: pathOf("/workspaces/{workspace_id}/teams", workspaceId), shape: "list", query: { ...params } }, options);
  }

  /** Change a team. */
  update(workspaceId: string, teamId: string, params: TeamsUpdateParams = {}, options: Options = {}): Promise<Result<models.Team>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/workspaces/{workspace_id}/teams/{team_id}", workspaceId, teamId), shape: "one", body: { ...params } }, options);
  }
}

export interface UsageGetParams {
  workspace_id?: string | undefined;
  namespace_id?: string | undefined;
}

/** Usage: get. */
export class Usage {
  constructor(private readonly runner: Runner) {}

  /** Show what the workspace uses. */
  get(params: UsageGetParams = {}, options: Options = {}): Promise<Result<models.Usage>> {
    return this.runner.run({ method: "GET", path: pathOf("/usage"), shape: "one", query: { ...params } }, options);
  }
}

export interface UsersBatchParams {
  operations: ReadonlyArray<models.UsersBatchOperation>;
  atomic?: boolean | undefined;
}

export interface UsersCreateParams {
  email: string;
  name: string;
  email_verified_at?: string | null | Date | undefined;
  role?: "owner" | "admin" | "member" | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | null | undefined;
}

export interface UsersGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface UsersListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  email?: string | undefined;
  fields?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

export interface UsersMeParams {
  fields?: string | readonly string[] | undefined;
}

export interface UsersUpdateParams {
  email?: string | undefined;
  email_verified_at?: string | null | Date | undefined;
  name?: string | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | undefined;
}

/** Users: batch, create, delete, get, list, me, update. */
export class Users {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (update). */
  batch(params: UsersBatchParams, options: Options = {}): Promise<Result<Array<Record<string, unknown>>>> {
    return this.runner.run({ method: "POST", path: pathOf("/users/batch"), shape: "one", body: { ...params } }, options);
  }

  /** Add a person to the workspace in context. */
  create(params: UsersCreateParams, options: Options = {}): Promise<Result<models.User>> {
    return this.runner.run({ method: "POST", path: pathOf("/users"), shape: "one", body: { ...params } }, options);
  }

  /** Erase a user and all personal data, for good. */
  delete(userId: string, options: Options = {}): Promise<void> {
    return this.runner.run({ method: "DELETE", path: pathOf("/users/{user_id}", userId), shape: "nothing" }, options);
  }

  /** Get a user. */
  get(userId: string, params: UsersGetParams = {}, options: Options = {}): Promise<Result<models.User>> {
    return this.runner.run({ method: "GET", path: pathOf("/users/{user_id}", userId), shape: "one", query: { ...params } }, options);
  }

  /** List the members of the workspace in context. */
  list(params: UsersListParams = {}, options: Options = {}): PagePromise<models.User> {
    return this.runner.page({ method: "GET", path: pathOf("/users"), shape: "list", query: { ...params } }, options);
  }

  /** Get the user of the key. */
  me(params: UsersMeParams = {}, options: Options = {}): Promise<Result<models.User>> {
    return this.runner.run({ method: "GET", path: pathOf("/user"), shape: "one", query: { ...params } }, options);
  }

  /** Change a user. */
  update(userId: string, params: UsersUpdateParams = {}, options: Options = {}): Promise<Result<models.User>> {
    return this.runner.run({ method: "PATCH", path: pathOf("/users/{user_id}", userId), shape: "one", body: { ...params } }, options);
  }
}

export interface WebhooksBatchParams {
  operations: ReadonlyArray<models.WebhooksBatchOperation>;
  atomic?: boolean | undefined;
}

export interface WebhooksCreateParams {
  events: ReadonlyArray<string>;
  url: string;
  concurrency?: number | undefined;
  description?: string | null | undefined;
  filters?: Record<string, unknown> | undefined;
  headers?: Record<string, string> | undefined;
  is_active?: boolean | undefined;
  ordered?: boolean | undefined;
  rate_limit?: models.Limit | null | undefined;
  retry_schedule?: ReadonlyArray<number> | null | undefined;
  secret?: string | null | undefined;
  signatures?: ReadonlyArray<"v1" | "v1a"> | undefined;
}

export interface WebhooksGetParams {
  fields?: string | readonly string[] | undefined;
}

export interface WebhooksGetExplainParams {
  event_id: string;
  fields?: string | readonly string[] | undefined;
}

export interface WebhooksListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  is_active?: boolean | undefined;
  namespace_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  sort?: string | readonly string[] | undefined;
  status?: "active" | "disabled" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  url?: string | undefined;
  workspace_id?: string | undefined;
}

export interface WebhooksRotateSecretParams {
  grace_period_hours?: number | undefined;
  secret?: string | null | undefined;
}

export interface WebhooksUpdateParams {
  concurrency?: number | undefined;
  description?: string | null | undefined;
  events?: ReadonlyArray<string> | undefined;
  filters?: Record<string, unknown> | undefined;
  headers?: Record<string, string> | undefined;
  is_active?: boolean | undefined;
  ordered?: boolean | undefined;
  rate_limit?: models.Limit | null | undefined;
  retry_schedule?: ReadonlyArray<number> | null | undefined;
  signatures?: ReadonlyArray<"v1" | "v1a"> | undefined;
  url?: string | undefined;
}

/** Webhooks: batch, create, delete, get, getExplain, list, rotateSecret, test, update. */
export class Webhooks {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (create, update, delete). */
  batch(params: WebhooksBatchParams, options: Options = {}): Promise<Result<Array<Record<string, unknown>>>> {
    return this.runner.run({ method: "POST", path: pathOf("/webhooks/batch"), shape: "one", body: { ...params } }, options);
  }

  /** Create a webhook. */
  create(params: WebhooksCreateParams, options: Options = {}): Promise<Result<models.CreatedWebhook>> {
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

  /** Explain why an event was delivered or not. */
  getExplain(webhookId: string, params: WebhooksGetExplainParams, options: Options = {}): Promise<Result<models.WebhooksExplanation>> {
    return this.runner.run({ method: "GET", path: pathOf("/webhooks/{webhook_id}/explain", webhookId), shape: "one", query: { ...params } }, options);
  }

  /** List webhooks. */
  list(params: WebhooksListParams = {}, options: Options = {}): PagePromise<models.Webhook> {
    return this.runner.page({ method: "GET", path: pathOf("/webhooks"), shape: "list", query: { ...params } }, options);
  }

  /** Give a webhook a new secret. */
  rotateSecret(webhookId: string, params: WebhooksRotateSecretParams = {}, options: Options = {}): Promise<Result<models.Rotated>> {
    return this.runner.run({ method: "POST", path: pathOf("/webhooks/{webhook_id}/rotate-secret", webhookId), shape: "one", body: { ...params } }, options);
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
  operations: ReadonlyArray<models.WorkspacesBatchOperation>;
  atomic?: boolean | undefined;
}

export interface WorkspacesCreateParams {
  name: string;
  settings?: Record<string, unknown> | undefined;
  slug?: string | null | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | undefined;
}

export interface WorkspacesGetParams {
  fields?: string | readonly string[] | undefined;
  include?: string | readonly string[] | undefined;
}

export interface WorkspacesListParams {
  created_after?: string | Date | undefined;
  created_before?: string | Date | undefined;
  cursor?: string | undefined;
  fields?: string | readonly string[] | undefined;
  include?: string | readonly string[] | undefined;
  namespace_id?: string | undefined;
  owner_id?: string | undefined;
  page?: number | undefined;
  per_page?: number | undefined;
  search?: string | undefined;
  slug?: string | undefined;
  sort?: string | readonly string[] | undefined;
  status?: "active" | "suspended" | "deleted" | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | undefined;
  updated_after?: string | Date | undefined;
  updated_before?: string | Date | undefined;
  workspace_id?: string | undefined;
}

export interface WorkspacesRestoreParams {
  owner_id?: string | null | undefined;
}

export interface WorkspacesSuspendParams {
  reason: string;
}

export interface WorkspacesUpdateParams {
  name?: string | undefined;
  settings?: Record<string, unknown> | undefined;
  slug?: string | undefined;
  tier?: "free" | "pro" | "business" | "enterprise" | undefined;
}

/** Workspaces: batch, create, delete, get, list, restore, suspend, unsuspend, update. */
export class Workspaces {
  constructor(private readonly runner: Runner) {}

  /** Run several operations (create, update, delete). */
  batch(params: WorkspacesBatchParams, options: Options = {}): Promise<Result<Array<Record<string, unknown>>>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/batch"), shape: "one", body: { ...params } }, options);
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
  restore(workspaceId: string, params: WorkspacesRestoreParams = {}, options: Options = {}): Promise<Result<models.Workspace>> {
    return this.runner.run({ method: "POST", path: pathOf("/workspaces/{workspace_id}/restore", workspaceId), shape: "one", body: { ...params } }, options);
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
  readonly boosts: Boosts;
  readonly deliveries: Deliveries;
  readonly entitlements: Entitlements;
  readonly eventTypes: EventTypes;
  readonly events: Events;
  readonly features: Features;
  readonly invitations: Invitations;
  readonly members: Members;
  readonly namespaces: Namespaces;
  readonly packages: Packages;
  readonly replays: Replays;
  readonly reservations: Reservations;
  readonly teams: Teams;
  readonly usage: Usage;
  readonly users: Users;
  readonly webhooks: Webhooks;
  readonly workspaces: Workspaces;

  constructor(runner: Runner) {
    this.apiKeys = new ApiKeys(runner);
    this.boosts = new Boosts(runner);
    this.deliveries = new Deliveries(runner);
    this.entitlements = new Entitlements(runner);
    this.eventTypes = new EventTypes(runner);
    this.events = new Events(runner);
    this.features = new Features(runner);
    this.invitations = new Invitations(runner);
    this.members = new Members(runner);
    this.namespaces = new Namespaces(runner);
    this.packages = new Packages(runner);
    this.replays = new Replays(runner);
    this.reservations = new Reservations(runner);
    this.teams = new Teams(runner);
    this.usage = new Usage(runner);
    this.users = new Users(runner);
    this.webhooks = new Webhooks(runner);
    this.workspaces = new Workspaces(runner);
  }
}
