// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

/** A membership that began with an invitation; for a new user also its first key, shown once. */
export interface Acceptance {
  custom_permissions: Array<string> | null;
  id: string;
  invited_by: string | null;
  joined_at: string;
  role: string;
  team_id: string;
  user: User;
  user_id: string;
  workspace_id: string;
  api_key: ApiKey | null;
  key: string | null;
}

/** An API key, without the key. */
export interface ApiKey {
  created_at: string;
  environment: string;
  expires_at: string | null;
  id: string;
  ip_allowlist: Array<string>;
  last4: string;
  last_used_at: string | null;
  name: string;
  prefix: string;
  rate_limit: RateLimit | null;
  rate_limit_tier: string;
  scopes: Array<string>;
  updated_at: string;
  user_id: string;
  workspace_id: string;
}

/** `create` takes data, `update` id and data, `delete` id; each needs its own scope. */
export interface ApiKeysBatchOperation {
  action: "create" | "delete";
  data?: Record<string, unknown> | null | undefined;
  id?: string | null | undefined;
}

/** One attempt. */
export interface Attempt {
  at: string;
  attempt: number;
  duration_ms: number;
  error: string | null;
  error_class: string | null;
  remote_address: string | null;
  request: Request;
  response: Response | null;
  status_code: number | null;
  timings: Timings;
}

/** More of a feature, or a feature, that a holder was given beside its packages. */
export interface Boost {
  created_at: string;
  duration: string;
  expires_at: string | null;
  feature: string;
  id: string;
  namespace_id: string | null;
  quantity: number | null;
  source: string;
  starts_at: string;
  status: string;
  type: string;
  updated_at: string;
  workspace_id: string | null;
}

/** A feature's figures before and after; null where it is not included. */
export interface Change {
  after: Figures | null;
  before: Figures | null;
}

/** An event, as it is delivered. */
export interface ClientEvent {
  created_at: string;
  data: Record<string, unknown>;
  id: string;
  idempotency_key: string | null;
  livemode: boolean;
  type: string;
  workspace_id: string;
}

/** An endpoint with its secret, which is shown this once. */
export interface CreatedWebhook {
  concurrency: number;
  consecutive_failures: number;
  created_at: string;
  description: string | null;
  disabled_reason: string | null;
  events: Array<string>;
  failure_count: number;
  filters: Record<string, unknown>;
  headers: Record<string, string>;
  id: string;
  is_active: boolean;
  last_delivery_at: string | null;
  livemode: boolean;
  ordered: boolean;
  public_key: string;
  rate_limit: WebhooksRateLimit | null;
  retry_schedule: Array<number> | null;
  secret: string | null;
  signatures: Array<"v1" | "v1a">;
  success_count: number;
  updated_at: string;
  url: string;
}

/** An event's way to an endpoint. */
export interface Delivery {
  attempts: number;
  created_at: string;
  delivered_at: string | null;
  event_id: string;
  event_type: string;
  id: string;
  livemode: boolean;
  next_attempt_at: string | null;
  status: string;
  status_code: number | null;
  updated_at: string;
}

/** The delivery that came of an event. */
export interface DeliveryRef {
  id: string;
  status: string;
}

/** A delivery with its attempts, of which the newest 50 are remembered. */
export interface DeliveryWithHistory {
  attempts: number;
  created_at: string;
  delivered_at: string | null;
  event_id: string;
  event_type: string;
  history: Array<Attempt>;
  id: string;
  livemode: boolean;
  next_attempt_at: string | null;
  status: string;
  status_code: number | null;
  updated_at: string;
}

/** A package that a holder was given. `package` is its code; what it grants is that of `package_version`. */
export interface Entitlement {
  billing_cycle_anchor: string | null;
  cancelled_at: string | null;
  created_at: string;
  expires_at: string | null;
  features: Array<GrantedFeature>;
  id: string;
  is_base: boolean;
  metadata: Record<string, unknown> | null;
  namespace_id: string | null;
  package: string;
  package_id: string;
  package_name: string;
  package_version: number;
  source: string;
  starts_at: string;
  status: string;
  suspended_reason: string | null;
  trial_ends_at: string | null;
  updated_at: string;
  workspace_id: string | null;
}

/** A type of events, the platform's or your own, and the JSON Schema of their data. */
export interface EventType {
  description: string;
  schema: Record<string, unknown>;
  type: string;
}

/** Why a check answers as it does: the answering level, and every level with its packages, boosts and grants. */
export interface Explanation {
  allowed: boolean;
  as_of: string;
  available: number | null;
  feature: string;
  level: string | null;
  levels: Array<Record<string, unknown>>;
  limit: number | null;
  message: string;
  overage: number;
  percentage: number | null;
  pools: Array<string>;
  reason: string | null;
  reset_at: string | null;
  type: string;
  unit: string | null;
  used: number;
}

/** Something that packages include or limit; `parent` is the code of the pool that its usage counts on as well. */
export interface Feature {
  category: string;
  code: string;
  created_at: string;
  id: string;
  name: string;
  parent: string | null;
  reset: string;
  rolling_window_days: number | null;
  rolls_over: boolean;
  scale: number;
  spill: boolean;
  type: string;
  unit: string | null;
  updated_at: string;
}

/** How a holder stands with a feature. */
export interface Figures {
  available: number | null;
  limit: number | null;
  overage: number;
  percentage: number | null;
  reset_at: string | null;
  unit: string | null;
  used: number;
}

/** A feature of the package and its limit as the holder has it; null is no limit. */
export interface GrantedFeature {
  feature: string;
  limit: number | null;
}

/** A feature by code or id, and its limit: null is no limit; a boolean feature has none. */
export interface IncludedFeature {
  feature: string;
  limit?: number | null | undefined;
}

/** An invitation, without its token. */
export interface Invitation {
  accepted_by: string | null;
  created_at: string;
  email: string | null;
  expires_at: string;
  id: string;
  invited_by: string;
  role: string;
  status: string;
  team_id: string | null;
  updated_at: string;
  workspace_id: string;
}

/** The most attempts in any span of so many seconds. */
export interface Limit {
  requests: number;
  per_seconds?: number | undefined;
}

/** Who changed what of a holder's entitlements, and how that was before and is after. */
export interface LogEntry {
  action: string;
  actor: string | null;
  after: Record<string, unknown> | null;
  before: Record<string, unknown> | null;
  created_at: string;
  feature: string | null;
  id: string;
  package: string | null;
  source: string | null;
}

/** A user's membership in a workspace; its id is the user's. */
export interface Member {
  custom_permissions: Array<string> | null;
  id: string;
  invited_by: string | null;
  joined_at: string;
  role: string;
  team_id: string;
  user_id: string;
  workspace_id: string;
}

/** An isolated context. */
export interface Namespace {
  color: string | null;
  created_at: string;
  description: string | null;
  icon: string | null;
  id: string;
  is_active: boolean;
  is_default: boolean;
  name: string;
  owner_id: string;
  owner_type: string;
  settings: Record<string, unknown>;
  slug: string;
  sort_order: number;
  updated_at: string;
  uuid: string;
  workspace_id: string | null;
}

/** A namespace with its packages and what it uses. */
export interface NamespaceWithPlan {
  color: string | null;
  created_at: string;
  description: string | null;
  icon: string | null;
  id: string;
  is_active: boolean;
  is_default: boolean;
  name: string;
  owner_id: string;
  owner_type: string;
  settings: Record<string, unknown>;
  slug: string;
  sort_order: number;
  updated_at: string;
  uuid: string;
  workspace_id: string | null;
  entitlements: Record<string, PlanFigures> | null;
  packages: Array<PackageInForce> | null;
}

/** `create` takes data, `update` id and data, `delete` id; each needs its own scope. */
export interface NamespacesBatchOperation {
  action: "create" | "update" | "delete";
  data?: Record<string, unknown> | null | undefined;
  id?: string | null | undefined;
}

/** An API key with the key itself, which is shown once. */
export interface NewApiKey {
  created_at: string;
  environment: string;
  expires_at: string | null;
  id: string;
  ip_allowlist: Array<string>;
  key: string | null;
  last4: string;
  last_used_at: string | null;
  name: string;
  prefix: string;
  rate_limit: RateLimit | null;
  rate_limit_tier: string;
  scopes: Array<string>;
  updated_at: string;
  user_id: string;
  workspace_id: string;
}

/** An invitation with its token, which is shown once. */
export interface NewInvitation {
  accepted_by: string | null;
  created_at: string;
  email: string | null;
  expires_at: string;
  id: string;
  invited_by: string;
  role: string;
  status: string;
  team_id: string | null;
  token: string | null;
  updated_at: string;
  workspace_id: string;
}

/** A plan. A change makes a new version; holders keep theirs until moved. */
export interface Package {
  code: string;
  created_at: string;
  description: string | null;
  features: Array<PackageFeature>;
  id: string;
  is_active: boolean;
  is_base: boolean;
  is_public: boolean;
  is_stackable: boolean;
  name: string;
  tier: string | null;
  updated_at: string;
  version: number;
}

/** A feature of a package; `limit` null is no limit, and a boolean feature has none. */
export interface PackageFeature {
  feature: string;
  limit: number | null;
}

/** PackageInForce. */
export interface PackageInForce {
  expires_at: string | null;
  id: string;
  name: string;
}

/** PlanFigures. */
export interface PlanFigures {
  limit: number | null;
  reset_at: string | null;
  unit: string | null;
  used: number | null;
}

/** What a package would change. */
export interface Previewed {
  after: Record<string, Figures>;
  before: Record<string, Figures>;
  changes: Record<string, Change>;
  events: Array<string>;
  namespace_id: string | null;
  package: string;
  workspace_id: string | null;
}

/** A limit of the key's own: requests an hour, and burst. */
export interface RateLimit {
  burst: number;
  requests: number;
}

/** An enterprise key's own limit: requests an hour, and burst. */
export interface RateLimitBody {
  burst: number;
  requests: number;
}

/** The answer to usage; `reason` and `message` only where nothing is recorded. */
export interface Recorded {
  allowed: boolean;
  available: number | null;
  current_usage: number;
  limit: number | null;
  recorded: boolean;
  feature: string | null;
  message: string | null;
  reason: string | null;
}

/** A job that makes deliveries due again: `done` of `total` so far. */
export interface Replay {
  created_at: string;
  done: number;
  id: string;
  livemode: boolean;
  reason: string | null;
  since: string;
  status: string;
  statuses: Array<string>;
  total: number;
  until: string;
  updated_at: string;
  webhook_id: string;
}

/** What was sent; secrets are masked, and the body is null once its event is kept no longer. */
export interface Request {
  body: string | null;
  headers: Record<string, string>;
}

/** Requests. */
export interface Requests {
  by_day: Array<RequestsOfDay> | null;
  limit: number;
  remaining: number;
  reset_at: string;
  this_hour: number;
}

/** RequestsOfDay. */
export interface RequestsOfDay {
  count: number;
  date: string;
}

/** A reservation, or why there is none. */
export interface Reservation {
  allowed: boolean | null;
  available: number | null;
  created_at: string | null;
  current_usage: number | null;
  expires_at: string | null;
  feature: string | null;
  id: string | null;
  limit: number | null;
  message: string | null;
  quantity: number | null;
  reason: string | null;
  recorded: boolean | null;
  reserved: boolean | null;
  status: string | null;
}

/** A reservation as it stands; `ended` where it holds nothing any more, and how it ended was too long ago to say. */
export interface ReservationState {
  created_at: string;
  expires_at: string;
  feature: string;
  id: string;
  quantity: number;
  status: string;
}

/** What was answered: its body up to 4 KiB, and as many of its headers as fit into 4 KiB. */
export interface Response {
  body: string;
  headers: Record<string, string>;
  truncated: boolean;
}

/** A new secret, shown this once, and when the one before ends signing beside it. */
export interface Rotated {
  previous_expires_at: string | null;
  secret: string | null;
}

/** The new key, and until when the one before it works. */
export interface RotatedApiKey {
  created_at: string;
  environment: string;
  expires_at: string | null;
  id: string;
  ip_allowlist: Array<string>;
  key: string | null;
  last4: string;
  last_used_at: string | null;
  name: string;
  prefix: string;
  previous_expires_at: string;
  previous_key_id: string;
  rate_limit: RateLimit | null;
  rate_limit_tier: string;
  scopes: Array<string>;
  updated_at: string;
  user_id: string;
  workspace_id: string;
}

/** All figures of a holder. */
export interface Summary {
  entitlements: Record<string, Figures>;
  namespace_id: string | null;
  tier: string;
  workspace_id: string | null;
}

/** Permissions that its members have beyond their role's. */
export interface Team {
  created_at: string;
  description: string | null;
  id: string;
  is_system: boolean;
  name: string;
  permissions: Array<string>;
  updated_at: string;
  workspace_id: string;
}

/** What came of a test delivery. */
export interface Tested {
  response_time_ms: number;
  status_code: number | null;
  success: boolean;
  error: string | null;
}

/** Milliseconds, null where there was no such part. */
export interface Timings {
  connect: number | null;
  dns: number | null;
  first_byte: number | null;
  tls: number | null;
  total: number;
}

/** What a workspace uses: its key's hour, its requests by day, its entitlements. */
export interface Usage {
  entitlements: Record<string, unknown> | null;
  requests: Requests;
  workspace_id: string;
}

/** What was used from `start` to `end`, exclusive; releases count against it. */
export interface UsageBucket {
  end: string;
  quantity: number;
  start: string;
}

/** The buckets in which something was used or released, oldest first, in UTC. */
export interface UsageHistory {
  data: Array<UsageBucket>;
  meta: UsageSpan;
}

/** What was asked for: buckets that begin from `since` on and before `until`. */
export interface UsageSpan {
  feature: string;
  since: string;
  until: string;
  window: string;
}

/** A person. */
export interface User {
  created_at: string;
  email: string | null;
  email_verified_at: string | null;
  id: string;
  name: string | null;
  tier: string;
  updated_at: string;
}

/** `create` takes data, `update` id and data, `delete` id; each needs its own scope. */
export interface UsersBatchOperation {
  action: "update";
  data?: Record<string, unknown> | null | undefined;
  id?: string | null | undefined;
}

/** The answer to a check. */
export interface Verdict {
  allowed: boolean;
  available: number | null;
  current_usage: number;
  limit: number | null;
  message: string;
  reason: string | null;
}

/** An endpoint. */
export interface Webhook {
  concurrency: number;
  consecutive_failures: number;
  created_at: string;
  description: string | null;
  disabled_reason: string | null;
  events: Array<string>;
  failure_count: number;
  filters: Record<string, unknown>;
  headers: Record<string, string>;
  id: string;
  is_active: boolean;
  last_delivery_at: string | null;
  livemode: boolean;
  ordered: boolean;
  public_key: string;
  rate_limit: WebhooksRateLimit | null;
  retry_schedule: Array<number> | null;
  signatures: Array<"v1" | "v1a">;
  success_count: number;
  updated_at: string;
  url: string;
}

/** `create` takes data, `update` id and data, `delete` id; each needs its own scope. */
export interface WebhooksBatchOperation {
  action: "create" | "update" | "delete";
  data?: Record<string, unknown> | null | undefined;
  id?: string | null | undefined;
}

/** One test of an event: what the webhook wants, and what the event has. */
export interface WebhooksCheck {
  check: string;
  found: unknown;
  passed: boolean;
  wanted: unknown;
}

/** Why an event did or did not reach a webhook. */
export interface WebhooksExplanation {
  checks: Array<WebhooksCheck>;
  delivery: DeliveryRef | null;
  event_id: string;
  event_type: string;
  matches: boolean;
  reason: string;
  webhook_id: string;
}

/** The most attempts in any span of so many seconds. */
export interface WebhooksRateLimit {
  per_seconds: number;
  requests: number;
}

/** A tenant. */
export interface Workspace {
  created_at: string;
  id: string;
  name: string;
  owner_id: string;
  settings: Record<string, unknown>;
  slug: string;
  status: string;
  tier: string;
  updated_at: string;
}

/** `create` takes data, `update` id and data, `delete` id; each needs its own scope. */
export interface WorkspacesBatchOperation {
  action: "create" | "update" | "delete";
  data?: Record<string, unknown> | null | undefined;
  id?: string | null | undefined;
}
