// Starts the real server, and stands between it and the client where a test
// needs to see or spoil what passes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

import type { RestauthOptions } from '@restauth/client';

/** The root of the package, whose compiled tests are two folders below. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The user of `restauth serve --demo`. */
export const roy = { username: 'roy', password: 'roy' };

const patience = 20_000; // ms for a server to start on a busy machine

export interface Server {
  url: string;
  address: string;
  stop(): Promise<void>;
}

/** Starts restauth; it ends with the test, or by stop. */
export async function startServer(
  t: TestContext,
  args = ['--demo'],
  env: NodeJS.ProcessEnv = {},
): Promise<Server> {
  const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const process = spawn(
    `${root}build/restauth`,
    ['serve', '--log-format', 'json', '--drain-delay', '0s', ...listen, ...args],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const stop = async () => {
    if (process.exitCode !== null || process.signalCode !== null) return;
    process.kill('SIGTERM');
    await once(process, 'exit');
  };
  t.after(stop);
  const address = await listening(process);
  return { url: `http://${address}`, address, stop };
}

/** listening is the address in the log line of that name. */
async function listening(process: ChildProcess): Promise<string> {
  const log: string[] = [];
  const late = setTimeout(() => process.kill('SIGKILL'), patience);
  try {
    for await (const line of createInterface({ input: process.stderr! })) {
      log.push(line);
      const event: unknown = line.startsWith('{') ? JSON.parse(line) : {};
      const { msg, addr } = event as { msg?: string; addr?: string };
      if (msg !== 'listening' || !addr) continue;
      process.stderr!.resume(); // a full pipe would stop the server
      return addr;
    }
  } finally {
    clearTimeout(late);
  }
  throw new Error(`restauth did not start:\n${log.join('\n')}`);
}

/** A server of a few lines, for answers that the real one gives too seldom. */
export async function startStub(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The whole body of a request to a stub. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}

/** What passed through a recorder, as `POST /auth 200`. */
export interface Recorder {
  fetch: typeof fetch;
  seen: string[];
  count(start: string): number;
}

/** A fetch that notes what passes, and may change a request before it is sent. */
export function recorder(
  change: (request: Request) => Request | Promise<Request> = (request) => request,
): Recorder {
  const seen: string[] = [];
  return {
    seen,
    count: (start) => seen.filter((line) => line.startsWith(start)).length,
    fetch: async (input, init) => {
      const request = await change(new Request(input, init));
      const response = await fetch(request);
      seen.push(`${request.method} ${new URL(request.url).pathname} ${response.status}`);
      return response;
    },
  };
}

/** Options for roy at a server. */
export function royAt(url: string, more: Partial<RestauthOptions> = {}): RestauthOptions {
  return { baseUrl: url, ...roy, ...more };
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('was not rejected');
}
