import type { Problem, Violation } from './gen/index.js';

/**
 * An error that the server answered: the members of its problem document
 * (RFC 9457), under the same names. An answer that has none, such as a proxy's
 * HTML page, gets one made of its HTTP status, and so does an answer that never
 * came (UnavailableError).
 *
 * No message holds a password or a token.
 */
export class ProblemError extends Error {
  override name = 'ProblemError';
  /** Names the kind of problem; `about:blank` when the status says all. */
  readonly type: string;
  /** The kind of problem in words. */
  readonly title: string;
  /** The HTTP status; 0 when no answer came, or a browser hides it. */
  readonly status: number;
  /** What went wrong this time. */
  readonly detail: string;
  /** Names the request in the server's log; empty when the answer is not restauth's. */
  readonly requestId: string;
  /** What the request violates of the contract, for 400. */
  readonly errors: readonly Violation[];

  constructor(problem: Problem, options?: ErrorOptions) {
    super(`${problem.status || ''} ${problem.title}: ${problem.detail}`.trim(), options);
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
 * Nothing was judged, neither the credentials nor the token: 503, or 502 and 504
 * of a proxy in front, or no answer at all. Without an answer `status` is 0 and
 * `cause` is what `fetch` rejected with.
 */
export class UnavailableError extends ProblemError {
  override name = 'UnavailableError';

  constructor(
    problem: Problem,
    /** Seconds to wait before trying again; 1 when the answer does not say. */
    readonly retryAfter: number,
    options?: ErrorOptions,
  ) {
    super(problem, options);
  }
}

/** noAnswer is the error of an exchange that ended without a whole answer. */
export function noAnswer(cause: unknown): UnavailableError {
  const detail = `The server cannot be reached${reasonOf(cause)}.`;
  return new UnavailableError(ownProblem(0, 'No answer', detail), 1, { cause });
}

/** redirected is the error of an answer that would lead elsewhere, and a password astray. */
export function redirected(status: number): ProblemError {
  const detail = 'The answer is a redirect, which is not followed. Is baseUrl the address of the server itself?';
  return new ProblemError(ownProblem(status, 'Redirect', detail));
}

function ownProblem(status: number, title: string, detail: string): Problem {
  return {
    type: 'about:blank',
    title,
    status,
    detail,
    request_id: '',
    status_code: status,
    error: title,
    description: detail,
  };
}

/** reasonOf is the short name that runtimes give a failure, such as ECONNREFUSED. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return '';
  if (cause.name === 'TimeoutError') return ' in time';
  const { code } = (cause.cause ?? cause) as { code?: unknown };
  if (typeof code === 'string' && /^\w{1,60}$/.test(code)) return ` (${code})`;
  // A browser does not say which of the two it was.
  return 'location' in globalThis ? ", or its --cors-origins lack this page's origin" : '';
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
