import {
  type OperationResult,
  checked,
  isHealth,
  isMessage,
  isToken,
  isUser,
  settle,
  withoutLostDigits,
} from './answers.js';
import { type Dialect, speaking } from './dialect.js';
import { InvalidCredentialsError, ProblemError } from './errors.js';
import { type Client, createClient } from './gen/client/index.js';
import * as api from './gen/index.js';
import { handed } from './handed.js';
import { Session } from './session.js';
import { type Exchange, authenticated, exchangeOf, heeding } from './transport.js';

/** What createRestauth takes. */
export interface RestauthOptions {
  /** Where restauth is, such as `https://login.example.org`; a path in it is kept. */
  baseUrl: string;
  /** Who logs in. */
  username: string;
  password: string;
  /** What `deviceToken()` returned in an earlier run. Without it the first login is that of a new device. */
  deviceToken?: string;
  /** What the server calls otherwise than the contract, as its settings say. */
  dialect?: Dialect;
  /** Used in place of the global `fetch`; called with a Request and an init that holds a signal. */
  fetch?: typeof fetch;
  /** Milliseconds until an exchange is given up with an UnavailableError, 10,000 unless set. */
  timeout?: number;
}

/** Options of one call. */
export interface CallOptions {
  /** Gives the call up; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * A user's access to restauth. It logs in when a token is first needed, keeps
 * the token in memory, logs in again before it ends, and once more when the
 * server refuses it all the same.
 *
 * Every method rejects with an InvalidCredentialsError, UnauthorizedError,
 * ThrottledError, UnavailableError or another ProblemError when the server
 * answers an error, with an UnavailableError when it does not answer, and with
 * the signal's reason when a call is given up.
 */
export class Restauth {
  /**
   * The generated client behind this one, to be given to the operations of
   * `@restauth/client/api`. Guarded ones get the token by themselves.
   */
  readonly client: Client;
  readonly #session: Session;
  readonly #baseUrl: string;
  readonly #fetch: Exchange;

  constructor(options: RestauthOptions) {
    this.#baseUrl = checkedBaseUrl(options.baseUrl);
    const { username, password } = options;
    this.#session = new Session(
      (device) => this.#logInFrom({ username, password }, device),
      options.deviceToken,
    );
    const exchange = exchangeOf(options.fetch, options.timeout);
    this.#fetch = authenticated(
      options.dialect ? speaking(exchange, this.#baseUrl, options.dialect) : exchange,
      this.#session,
    );
    this.client = handed(
      createClient({
        baseUrl: this.#baseUrl,
        fetch: (input, init) => this.#fetch(new Request(input, init)),
        // restauth never redirects. Followed, a redirect could carry the password
        // or the token to where they do not belong.
        redirect: 'error',
      }),
      (signal) => heeding(signal, this.#session.token()),
    );
  }

  /** Logs in now, unless a token is at hand: to learn early whether the credentials are right. */
  async login(): Promise<void> {
    await this.#session.token();
  }

  /** A good access token, for other services that take restauth's. */
  async token(): Promise<string> {
    return this.#session.token();
  }

  /**
   * The device token of the latest login; undefined where there is none yet, or the server gives
   * none. Each login brings it by itself, and so is known: whoever guesses at the user's password
   * does not shut it out. A program that ends can keep it for its next run, as safely as a token.
   */
  deviceToken(): string | undefined {
    return this.#session.device;
  }

  /** The message that only authenticated callers see (GET /rest-auth). */
  async getRestAuth(options: CallOptions = {}): Promise<string> {
    return checked(isMessage, api.getRestAuth({ ...options, parseAs: 'json', client: this.client }));
  }

  /** The user behind the token, as the table has it at this moment (GET /auth/me). */
  async getCurrentUser(options: CallOptions = {}): Promise<api.User> {
    return withoutLostDigits(
      await checked(isUser, api.getCurrentUser({ ...options, parseAs: 'json', client: this.client })),
    );
  }

  /** Whether the process runs (GET /livez). Needs no login. */
  async live(options: CallOptions = {}): Promise<api.Health> {
    return checked(isHealth, api.live({ ...options, parseAs: 'json', client: this.client }));
  }

  /** Whether the server can answer logins now (GET /readyz). Needs no login. */
  async ready(options: CallOptions = {}): Promise<api.Health> {
    return checked(isHealth, api.ready({ ...options, parseAs: 'json', client: this.client }));
  }

  /**
   * Calls an operation generated from your own contract and resolves to its
   * data, or rejects with a typed error:
   *
   *     const order = await restauth.call((client) => getOrder({ client, path: { id: 7 } }));
   */
  async call<T>(operation: (client: Client) => Promise<OperationResult<T>>): Promise<T> {
    return settle(operation(this.client));
  }

  /**
   * `fetch` with the token, for guarded paths behind the base URL that the
   * generated operations do not know. Resolves to the Response of any status;
   * rejects with a typed error when the login fails or no answer comes.
   * Redirects are refused unless `init.redirect` says otherwise.
   */
  async fetch(path: `/${string}`, init: RequestInit = {}): Promise<Response> {
    // Behind the base URL a path cannot leave its host, and so the token cannot.
    if (!path.startsWith('/')) throw new TypeError(`the path ${JSON.stringify(path)} does not begin with /`);
    const request = new Request(this.#baseUrl + path, { redirect: 'error', ...init });
    request.headers.set('Authorization', `Bearer ${await heeding(request.signal, this.#session.token())}`);
    return this.#fetch(request);
  }

  /**
   * A server of before contract 1.3.0, such as the other half of a cluster that is being upgraded,
   * has no such member and answers 400: then it is left out.
   */
  async #logInFrom(body: api.Credentials, device: string | undefined): Promise<api.Token> {
    if (device === undefined) return this.#logIn(body);
    try {
      return await this.#logIn({ ...body, device_token: device });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 400) throw error;
      return this.#logIn(body);
    }
  }

  async #logIn(body: api.Credentials): Promise<api.Token> {
    return checked(
      isToken,
      api.login({ body, parseAs: 'json', client: this.client }),
      InvalidCredentialsError,
    );
  }
}

/**
 * Access to restauth for one user. Nothing is sent until a method is called.
 * Throws a TypeError when the base URL is none.
 */
export function createRestauth(options: RestauthOptions): Restauth {
  return new Restauth(options);
}

/** checkedBaseUrl is an absolute URL without a slash at its end. In a browser a relative one starts at the page. */
function checkedBaseUrl(baseUrl: string): string {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  if (!URL.canParse(baseUrl, page))
    throw new TypeError('baseUrl is no URL, such as https://login.example.org');
  const url = new URL(baseUrl, page);
  const plain = url.origin + url.pathname;
  if (!/^https?:$/.test(url.protocol) || url.href !== plain) {
    throw new TypeError('baseUrl must be http:// or https://, with neither user name, query nor fragment');
  }
  return plain.replace(/\/+$/, '');
}
