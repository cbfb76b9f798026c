import type { Client } from './gen/client/index.js';

const METHODS = ['connect', 'delete', 'get', 'head', 'options', 'patch', 'post', 'put', 'trace'] as const;

/** What a generated operation calls its client with. */
type Handed = { client?: unknown; auth?: () => Promise<string>; signal?: AbortSignal | null };

type Send = (options: Handed) => unknown;

/**
 * handed is the client as operations get it: `operation({ client })`. They pass
 * all they are given on to it, itself included, and it would pass that on to
 * `new Request`. Deno has a member `client` there, for an HTTP client of its
 * own, and refuses any other. So the client takes itself out. A token is waited
 * for as long as the signal of the call allows.
 */
export function handed(
  client: Client,
  token: (signal: AbortSignal | null | undefined) => Promise<string>,
): Client {
  const given =
    (send: Send): Send =>
    ({ client: _, ...options }) =>
      send({ auth: () => token(options.signal), ...options });
  const each = <T extends object>(methods: T, names: readonly string[]): T => {
    const all = methods as Record<string, Send>;
    return { ...methods, ...Object.fromEntries(names.map((name) => [name, given(all[name]!)])) };
  };
  return { ...each(client, ['request', ...METHODS]), sse: each(client.sse, METHODS) };
}
