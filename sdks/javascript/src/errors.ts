/** Whatever this SDK throws. */
export class AtriumError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * No answer came: refused, broken or timed out, after every retry. A write may or may not have happened; repeat it
 * with the same idempotency key to find out: it has one effect.
 */
export class ConnectionFailed extends AtriumError {
  constructor(message: string, readonly idempotencyKey: string | undefined, options?: ErrorOptions) {
    super(message, options);
  }
}

/** The resource still has the `etag` given as `ifNoneMatch`. */
export class NotModified extends AtriumError {}

/** A webhook was not signed with this secret, was altered, or is too old. */
export class SignatureInvalid extends AtriumError {}

/** The API refused or failed. */
export class ApiError extends AtriumError {
  readonly status: number;
  /** Like `VALIDATION_ERROR`. */
  readonly code: string;
  /** Name it when you ask for help. */
  readonly requestId: string | null;
  /** Messages by dotted field, for a `ValidationError`. */
  readonly details: Readonly<Record<string, readonly string[]>>;
  /** The whole error, further members included. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Seconds after which it may be tried again, where the API said so. */
  readonly retryAfter: number | null;

  constructor(status: number, error: Record<string, unknown>, readonly headers: Headers) {
    const code = typeof error["code"] === "string" ? error["code"] : "UNKNOWN";
    const message = typeof error["message"] === "string" ? error["message"] : `HTTP ${status}`;
    const given = error["request_id"];
    const requestId = typeof given === "string" ? given : headers.get("x-request-id");
    super(`${message}${listed(error["details"])} (${code}, ${status}, request ${requestId})`);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.details = (error["details"] ?? {}) as Record<string, string[]>;
    this.members = error;
    const after = headers.get("retry-after") ?? "";
    const told = error["retry_after"];
    this.retryAfter = /^\d+$/.test(after) ? Number(after) : typeof told === "number" ? told : null;
  }
}

/** What is wrong with which field, behind a message that says neither; a proxy may have put anything there. */
function listed(details: unknown): string {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return "";
  const fields = Object.entries(details).map(([name, each]) => `${name}: ${(Array.isArray(each) ? each : [each]).join(" ")}`);
  return fields.length === 0 ? "" : `: ${fields.join("; ")}`;
}

export class InvalidJson extends ApiError {}
export class InvalidHeader extends ApiError {}
export class CannotRetry extends ApiError {}
export class Unauthenticated extends ApiError {}
export class InvalidApiKey extends ApiError {}
export class ApiKeyExpired extends ApiError {}
export class PaymentRequired extends ApiError {}
export class InsufficientScope extends ApiError {}
export class InsufficientPermissions extends ApiError {}
export class WorkspaceSuspended extends ApiError {}
export class WorkspaceAccessDenied extends ApiError {}
export class NamespaceAccessDenied extends ApiError {}
export class IpNotAllowed extends ApiError {}
export class EntitlementDenied extends ApiError {}
export class ResourceNotFound extends ApiError {}
export class EndpointNotFound extends ApiError {}
export class MethodNotAllowed extends ApiError {}
export class NotAcceptable extends ApiError {}
export class RequestTimeout extends ApiError {}
export class DuplicateResource extends ApiError {}
export class StateConflict extends ApiError {}
export class IdempotencyInProgress extends ApiError {}
export class Gone extends ApiError {}
export class PreconditionFailed extends ApiError {}
export class PayloadTooLarge extends ApiError {}
export class UriTooLong extends ApiError {}
export class UnsupportedMediaType extends ApiError {}
export class ValidationError extends ApiError {}
export class IdempotencyKeyReused extends ApiError {}
export class RateLimitExceeded extends ApiError {}
export class QuotaExceeded extends ApiError {}
export class ConcurrentLimitExceeded extends ApiError {}
export class HeadersTooLarge extends ApiError {}
export class InternalError extends ApiError {}
export class NotImplemented extends ApiError {}
export class BadGateway extends ApiError {}
export class ServiceUnavailable extends ApiError {}
export class GatewayTimeout extends ApiError {}
export class HttpVersionNotSupported extends ApiError {}

type ErrorClass = new (status: number, error: Record<string, unknown>, headers: Headers) => ApiError;

/** The class of each code. */
export const BY_CODE: Readonly<Record<string, ErrorClass>> = {
  INVALID_JSON: InvalidJson,
  INVALID_HEADER: InvalidHeader,
  CANNOT_RETRY: CannotRetry,
  UNAUTHENTICATED: Unauthenticated,
  INVALID_API_KEY: InvalidApiKey,
  API_KEY_EXPIRED: ApiKeyExpired,
  PAYMENT_REQUIRED: PaymentRequired,
  INSUFFICIENT_SCOPE: InsufficientScope,
  INSUFFICIENT_PERMISSIONS: InsufficientPermissions,
  WORKSPACE_SUSPENDED: WorkspaceSuspended,
  WORKSPACE_ACCESS_DENIED: WorkspaceAccessDenied,
  NAMESPACE_ACCESS_DENIED: NamespaceAccessDenied,
  IP_NOT_ALLOWED: IpNotAllowed,
  ENTITLEMENT_DENIED: EntitlementDenied,
  RESOURCE_NOT_FOUND: ResourceNotFound,
  ENDPOINT_NOT_FOUND: EndpointNotFound,
  METHOD_NOT_ALLOWED: MethodNotAllowed,
  NOT_ACCEPTABLE: NotAcceptable,
  REQUEST_TIMEOUT: RequestTimeout,
  DUPLICATE_RESOURCE: DuplicateResource,
  STATE_CONFLICT: StateConflict,
  IDEMPOTENCY_IN_PROGRESS: IdempotencyInProgress,
  GONE: Gone,
  PRECONDITION_FAILED: PreconditionFailed,
  PAYLOAD_TOO_LARGE: PayloadTooLarge,
  URI_TOO_LONG: UriTooLong,
  UNSUPPORTED_MEDIA_TYPE: UnsupportedMediaType,
  VALIDATION_ERROR: ValidationError,
  IDEMPOTENCY_KEY_REUSED: IdempotencyKeyReused,
  RATE_LIMIT_EXCEEDED: RateLimitExceeded,
  QUOTA_EXCEEDED: QuotaExceeded,
  CONCURRENT_LIMIT_EXCEEDED: ConcurrentLimitExceeded,
  HEADERS_TOO_LARGE: HeadersTooLarge,
  INTERNAL_ERROR: InternalError,
  NOT_IMPLEMENTED: NotImplemented,
  BAD_GATEWAY: BadGateway,
  SERVICE_UNAVAILABLE: ServiceUnavailable,
  GATEWAY_TIMEOUT: GatewayTimeout,
  HTTP_VERSION_NOT_SUPPORTED: HttpVersionNotSupported,
};

/** The error of an answer; one of an unknown code, or of no shape of ours, is an `ApiError` itself. */
export function errorOf(status: number, body: unknown, headers: Headers): ApiError {
  const error = (body as { error?: unknown } | null)?.error;
  const known = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  const code = String(known["code"]);
  // Not what every object has: a code may be called "constructor".
  const kind = (Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined) ?? ApiError;
  return new kind(status, known, headers);
}
