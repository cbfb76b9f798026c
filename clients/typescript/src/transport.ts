import { ProblemError, noAnswer, redirected } from './errors.js';
import type { Session } from './session.js';

const TIMEOUT_MS = 10_000;

const SCHEME = 'Bearer ';

/** An Exchange sends one request and resolves to its answer, of any status. */
export type Exchange = (request: Request) => Promise<Response>;

/**
 * exchangeOf is fetch with a time limit, so that a server that went silent is
 * not waited for in vain. The limit holds until the answer's body is read.
 * Without an answer, or without its end, an exchange rejects with an
 * UnavailableError; with the signal's reason when its own signal ended it.
 */
export function exchangeOf(send: typeof fetch = globalFetch, timeout = TIMEOUT_MS): Exchange {
  return async (request) => {
    const signal = either(request.signal, AbortSignal.timeout(timeout));
    // fetch tells a refused redirect from a broken line in no runtime's own way.
    const refuses = request.redirect === 'error';
    const answered = await unlessGivenUp(request, () =>
      send(request, refuses ? { signal, redirect: 'manual' } : { signal }),
    );
    if (refuses && isRedirect(answered)) {
      await answered.body?.cancel();
      throw redirected(answered.status);
    }
    return readable(answered, request);
  };
}

/** either is AbortSignal.any, which Node 20 forgets in a garbage collection, and with it the time limit. */
function either(...signals: AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    const abort = () => controller.abort(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return controller.signal;
}

// Looked up at each call: instrumentation and tests replace the global.
const globalFetch: typeof fetch = (input, init) => globalThis.fetch(input, init);

/** What keeps a response from coming, or from being read to its end, as a typed error. */
async function unlessGivenUp<T>(request: Request, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    request.signal.throwIfAborted();
    throw error instanceof ProblemError ? error : noAnswer(error);
  }
}

/** A browser hides a redirect that it does not follow: its status is 0. */
function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400);
}

/**
 * readable makes the methods that read a whole body reject as the exchange
 * does. The methods and not the stream are replaced, for a browser forgets with
 * which error a stream ended.
 */
function readable(response: Response, request: Request): Response {
  for (const method of ['arrayBuffer', 'blob', 'text'] as const) {
    const read = response[method].bind(response) as () => Promise<unknown>;
    Object.defineProperty(response, method, {
      // A body that was read before is the caller's mistake, and its error stays.
      value: () => (response.bodyUsed ? read() : unlessGivenUp(request, read)),
    });
  }
  Object.defineProperty(response, 'json', { value: async () => JSON.parse(await response.text()) });
  return response;
}

/**
 * authenticated sends a request whose token is refused once more, with a new
 * one: the server's key may have changed, or this machine slept. Requests
 * without a token, such as the login itself, are sent once. Sending again is
 * safe for every method, for a refused request was not acted upon.
 */
export function authenticated(exchange: Exchange, session: Session): Exchange {
  return async (request) => {
    const used = request.headers.get('Authorization');
    if (!used?.startsWith(SCHEME)) return exchange(request);

    const again = request.clone(); // a body can be read once
    const response = await exchange(request);
    if (response.status !== 401) return response;

    await response.body?.cancel(); // frees the connection
    session.discard(used.slice(SCHEME.length));
    again.headers.set('Authorization', SCHEME + (await heeding(again.signal, session.token())));
    return exchange(again);
  };
}

/**
 * heeding waits for what many wait for, such as a login, and leaves it to the
 * others when the signal says so.
 */
export async function heeding<T>(signal: AbortSignal | null | undefined, shared: Promise<T>): Promise<T> {
  if (!signal) return shared;
  shared.catch(() => {}); // whoever has left does not hear of its failure
  signal.throwIfAborted();
  let leave = () => {};
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([shared, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
