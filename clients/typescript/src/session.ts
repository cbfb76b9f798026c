import type { Token } from './gen/index.js';

/** No token is used in its last seconds: it could end on the way. */
const MARGIN_MS = 10_000;

/** The contract's bound of a device token. */
const LONGEST_DEVICE = 255;

/**
 * A Session keeps one token, in memory only, and logs in for a new one when it
 * is about to end. However many ask at once, one login runs. Each brings the
 * device token of the one before.
 */
export class Session {
  readonly #logIn: (device?: string) => Promise<Token>;
  #kept: { token: string; renewAt: number } | undefined;
  #running: Promise<string> | undefined;
  #device: string | undefined;

  constructor(logIn: (device?: string) => Promise<Token>, device?: string) {
    this.#logIn = logIn;
    this.#keepDevice(device);
  }

  /** The device token at hand. */
  get device(): string | undefined {
    return this.#device;
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
    const answer = await this.#logIn(this.#device);
    const { access_token: token, expires_in: seconds } = answer;
    const life = seconds * 1000;
    this.#kept = { token, renewAt: asked + life - Math.min(MARGIN_MS, life / 10) };
    this.#keepDevice(answer.device_token);
    return token;
  }

  /** A server that gives none leaves what there is: another may take it. */
  #keepDevice(device: unknown): void {
    if (typeof device !== 'string' || device === '' || device.length > LONGEST_DEVICE) return;
    this.#device = device;
  }
}
