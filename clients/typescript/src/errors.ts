import type { Problem, Violation } from './gen/index.js';

/**
 * An error that the server answered: the members of its problem document
 * (RFC 9457), under the same names. An answer that has none, such as a proxy's
 * HTML page, gets one made of its HTTP status.
 *
 * No message holds a password or a token.
 */
export class ProblemError extends Error {
  override name = 'ProblemError';
  /** Names the kind of problem; `about:blank` when the status says all. */
  readonly type: string;
  /** The kind of problem in words. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What went wrong this time. */
  readonly detail: string;
  /** Names the request in the server's log; empty when the answer is not restauth's. */
  readonly requestId: string;
  /** What the request violates of the contract, for 400. */
  readonly errors: readonly Violation[];

  constructor(problem: Problem) {
    super(`${problem.status} ${problem.title}: ${problem.detail}`);
    this.type = problem.type;
    this.title = problem.title;
    this.status = problem.status;
    this.detail = problem.detail;
    this.requestId = problem.request_id;
    this.errors = problem.errors ?? [];
  }
}

/** 401 to a login: user name and password do not belong together. */
export class InvalidCredentialsError extends ProblemError {
  override name = 'InvalidCredentialsError';
}

/** 401 to a guarded operation, and again with the token of a new login. */
export class UnauthorizedError extends ProblemError {
  override name = 'UnauthorizedError';
}

/** 429: this client or this account asks for more logins than its share. */
export class ThrottledError extends ProblemError {
  override name = 'ThrottledError';

  constructor(
    problem: Problem,
    /** Seconds to wait before trying again; 1 when the answer does not say. */
    readonly retryAfter: number,
  ) {
    super(problem);
  }
}

/**
 * 503, or 502 and 504 of a proxy in front: neither the credentials nor the
 * token were judged.
 */
export class UnavailableError extends ProblemError {
  override name = 'UnavailableError';

  constructor(
    problem: Problem,
    /** Seconds to wait before trying again; 1 when the answer does not say. */
    readonly retryAfter: number,
  ) {
    super(problem);
  }
}

/** errorOf is the typed error of an answer that is no success; refused is the one for 401. */
export function errorOf(
  response: Response,
  body: unknown,
  refused: new (problem: Problem) => ProblemError,
): ProblemError {
  const problem = problemOf(response, body);
  switch (response.status) {
    case 401:
      return new refused(problem);
    case 429:
      return new ThrottledError(problem, retryAfterOf(response));
    case 502:
    case 503:
    case 504:
      return new UnavailableError(problem, retryAfterOf(response));
    default:
      return new ProblemError(problem);
  }
}

/** problemOf trusts nothing: who answers may be any proxy on the way. */
function problemOf(response: Response, body: unknown): Problem {
  const sent: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {};
  const text = (member: string, otherwise: string) => {
    const value = sent[member];
    return typeof value === 'string' && value !== '' ? value : otherwise;
  };
  const title = text('title', response.statusText || 'HTTP error');
  const detail = text('detail', 'The answer says no more.');
  return {
    type: text('type', 'about:blank'),
    title,
    status: response.status,
    detail,
    request_id: text('request_id', ''),
    status_code: response.status,
    error: text('error', title),
    description: text('description', detail),
    errors: Array.isArray(sent.errors) ? sent.errors.filter(isViolation) : [],
  };
}

function isViolation(value: unknown): value is Violation {
  if (typeof value !== 'object' || value === null) return false;
  const { pointer, keyword } = value as Partial<Violation>;
  return typeof pointer === 'string' && typeof keyword === 'string';
}

/**
 * retryAfterOf reads Retry-After, seconds or a date (RFC 9110, section 10.2.3).
 * Never less than 1, so that who waits for it never hammers: across origins a
 * browser hides the header unless the server exposes it.
 */
function retryAfterOf(response: Response): number {
  const value = response.headers.get('Retry-After') ?? '';
  if (/^\d{1,9}$/.test(value)) return Math.max(1, Number(value));
  const until = Date.parse(value);
  return Number.isNaN(until) ? 1 : Math.max(1, Math.ceil((until - Date.now()) / 1000));
}
