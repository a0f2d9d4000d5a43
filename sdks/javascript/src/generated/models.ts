// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

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

/** One operation: `create` takes data, `update` id and data, `delete` id. */
export interface BatchOperation {
  action: string;
  data: Record<string, unknown> | null;
  id: string | null;
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
  history: Array<Record<string, unknown>> | null;
}

/** A package that a holder was given. */
export interface Entitlement {
  created_at: string;
  expires_at: string | null;
  holder_id: string;
  id: string;
  package: string;
  source: string;
  status: string;
}

/** Something that plans include or limit. */
export interface Feature {
  category: string;
  code: string;
  name: string;
  reset: string;
  type: string;
  unit: string | null;
}

/** An isolated context. */
export interface Namespace {
  created_at: string;
  description: string | null;
  id: string;
  is_active: boolean;
  is_default: boolean;
  name: string;
  owner_id: string;
  owner_type: string;
  slug: string;
  updated_at: string;
  uuid: string;
  workspace_id: string | null;
}

/** A plan. */
export interface Package {
  code: string;
  features: Array<PackageFeature>;
  is_base: boolean;
  is_stackable: boolean;
  name: string;
  tier: string | null;
}

/** A package's limit of a feature; null: no limit. */
export interface PackageFeature {
  feature: string;
  limit: number | null;
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

/** The answer to usage. */
export interface Recorded {
  allowed: boolean;
  available: number | null;
  current_usage: number;
  limit: number | null;
  recorded: boolean;
  feature: string | null;
}

/** All figures of a holder. */
export interface Summary {
  entitlements: Record<string, Record<string, unknown>>;
  namespace_id: string | null;
  tier: string;
  workspace_id: string | null;
}

/** What came of a test delivery. */
export interface Tested {
  response_time_ms: number;
  status_code: number | null;
  success: boolean;
  error: string | null;
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
  created_at: string;
  description: string | null;
  disabled_reason: string | null;
  events: Array<string>;
  id: string;
  is_active: boolean;
  livemode: boolean;
  updated_at: string;
  url: string;
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
