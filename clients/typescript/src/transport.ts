import type { Session } from './session.js';

const TIMEOUT_MS = 10_000;

const SCHEME = 'Bearer ';

/** An Exchange sends one request and resolves to its answer, of any status. */
export type Exchange = (request: Request) => Promise<Response>;

/**
 * exchangeOf is fetch with a time limit, so that a server that went silent
 * rejects with a TimeoutError in place of hanging. The limit holds until the
 * answer's body is read.
 */
export function exchangeOf(send: typeof fetch = globalFetch, timeout = TIMEOUT_MS): Exchange {
  return (request) =>
    send(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeout)]) });
}

// Looked up at each call: instrumentation and tests replace the global.
const globalFetch: typeof fetch = (input, init) => globalThis.fetch(input, init);

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
    again.headers.set('Authorization', SCHEME + (await session.token()));
    return exchange(again);
  };
}
