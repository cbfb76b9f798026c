import type { Token } from './gen/index.js';

/** No token is used in its last seconds: it could end on the way. */
const MARGIN_MS = 10_000;

/**
 * A Session keeps one token, in memory only, and logs in for a new one when it
 * is about to end. However many ask at once, one login runs.
 */
export class Session {
  readonly #logIn: () => Promise<Token>;
  #kept: { token: string; renewAt: number } | undefined;
  #running: Promise<string> | undefined;

  constructor(logIn: () => Promise<Token>) {
    this.#logIn = logIn;
  }

  /** A token that is good for now; rejects as the login does. */
  async token(): Promise<string> {
    if (this.#kept && Date.now() < this.#kept.renewAt) return this.#kept.token;
    // A failed login is not kept: the next caller tries anew.
    this.#running ??= this.#renew().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Forgets a token that the server refused, unless a newer one has taken its
   * place: of many refused calls only the first causes a login.
   */
  discard(token: string): void {
    if (this.#kept?.token === token) this.#kept = undefined;
  }

  async #renew(): Promise<string> {
    // The clock of this machine, for the server's may differ: the life counts
    // from before the login, so an error is on the safe side.
    const asked = Date.now();
    const { access_token: token, expires_in: seconds } = await this.#logIn();
    const life = seconds * 1000;
    this.#kept = { token, renewAt: asked + life - Math.min(MARGIN_MS, life / 10) };
    return token;
  }
}
