import type { Exchange } from './transport.js';

/**
 * What a server calls otherwise than the contract, because it took the place of an older one: its
 * settings of the same names. A member that is left out is as the contract has it.
 */
export interface Dialect {
  /** Such as `/login`. */
  loginPath?: `/${string}`;
  /** Such as `email`. */
  usernameMember?: string;
  passwordMember?: string;
  /** Such as `token`. */
  tokenMember?: string;
  /** In place of `Bearer`, for services that take nothing else. */
  authorizationPrefix?: string;
}

/**
 * How long a token is thought to be good whose login does not say it, as with
 * `--login-answer flask`, and neither does the token: Flask-JWT's default, in seconds. One that
 * ends earlier is refused and renewed.
 */
const USUAL_LIFE = 300;

const BEARER = 'Bearer ';

/** speaking puts each login into the dialect and its answer into the contract's names. */
export function speaking(exchange: Exchange, baseUrl: string, dialect: Dialect): Exchange {
  const usual = new URL(`${baseUrl}/auth`).href;
  const path = dialect.loginPath ?? '/auth';
  const prefix = dialect.authorizationPrefix;
  if (!/^\/[^?#%]*$/.test(path)) throw new TypeError('loginPath must begin with / and have no ?, # or %');
  if (prefix !== undefined && !/^[^\s,]+$/.test(prefix)) {
    throw new TypeError('authorizationPrefix must be one word');
  }
  return async (request) => {
    if (request.method !== 'POST' || request.url !== usual) return exchange(prefixed(request, prefix));
    const body = await asked(request, dialect);
    const { headers, redirect, signal } = request;
    const response = await exchange(
      new Request(baseUrl + path, { method: 'POST', headers, redirect, signal, body }),
    );
    return response.ok ? answered(response, dialect) : response;
  };
}

/** The same request with the token behind another word. */
function prefixed(request: Request, prefix: string | undefined): Request {
  const authorization = request.headers.get('Authorization');
  if (prefix === undefined || !authorization?.startsWith(BEARER)) return request;
  const sent = new Request(request);
  sent.headers.set('Authorization', `${prefix} ${authorization.slice(BEARER.length)}`);
  return sent;
}

/** The login's body in the dialect. */
async function asked(request: Request, dialect: Dialect): Promise<string> {
  const members = (await request.json()) as Record<string, unknown>;
  const names = new Map([
    ['username', dialect.usernameMember],
    ['password', dialect.passwordMember],
  ]);
  return JSON.stringify(
    Object.fromEntries(Object.entries(members).map(([name, value]) => [names.get(name) ?? name, value])),
  );
}

/** The login's answer in the contract's names, with what an older server leaves out. */
async function answered(response: Response, dialect: Dialect): Promise<Response> {
  const text = await response.text();
  const name = dialect.tokenMember ?? 'access_token';
  let members: unknown;
  try {
    members = JSON.parse(text);
  } catch {
    // Whoever reads it says that it is no JSON.
  }
  const init = { status: response.status, headers: { 'Content-Type': 'application/json' } };
  if (!isObject(members) || typeof members[name] !== 'string') return new Response(text, init);
  const { [name]: token, ...others } = members;
  const whole = {
    token_type: 'Bearer',
    expires_in: lifeOf(token as string),
    ...others,
    access_token: token,
  };
  return new Response(JSON.stringify(whole), init);
}

/**
 * How long a token is good, in seconds, by its own claims. They are not verified: this is only
 * about when to ask for the next.
 */
function lifeOf(token: string): number {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const { exp, iat } = JSON.parse(atob(payload)) as { exp?: unknown; iat?: unknown };
    if (typeof exp === 'number' && typeof iat === 'number' && exp - iat >= 1 && exp - iat < 2 ** 31) {
      return Math.floor(exp - iat);
    }
  } catch {
    // It is no JWT, or says nothing.
  }
  return USUAL_LIFE;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
