// What becomes of an answer that never comes, by the table that the tests of all clients share.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Server, type Socket, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createTLSServer } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { ProblemError, type Restauth, UnavailableError, createRestauth } from '@restauth/client';

import { rejection, root, royAt } from './harness.js';

interface Case {
  name: string;
  listen: 'nowhere' | 'unknown name' | 'plain' | 'untrusted';
  scheme: 'http' | 'https';
  send: string;
  then: 'close' | 'reset' | 'hang';
  error: 'Unavailable' | 'Problem';
  status: number | null;
  retry_after: number | null;
}

const shared = join(root, '../testdata');
const { cases } = JSON.parse(readFileSync(join(shared, 'no-answer.json'), 'utf8')) as { cases: Case[] };
const token = JSON.stringify({ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 300 });

const calls: Record<string, (restauth: Restauth, signal?: AbortSignal) => Promise<unknown>> = {
  live: (restauth, signal) => restauth.live(signal && { signal }),
  login: (restauth, signal) => restauth.getRestAuth(signal && { signal }),
  guarded: (restauth, signal) => restauth.getCurrentUser(signal && { signal }),
  fetch: (restauth, signal) =>
    restauth.fetch('/orders', signal && { signal }).then((response) => response.json()),
};
const meetsGoodLogin = (call: string) => call === 'guarded' || call === 'fetch';

test('the same typed error, whatever keeps the answer from coming', { concurrency: true }, async (t) => {
  assert.ok(cases.length > 20);
  await Promise.all(
    cases.map((c) =>
      t.test(c.name, async (t) => {
        for (const [name, call] of Object.entries(calls)) {
          if (meetsGoodLogin(name) && (c.listen !== 'plain' || c.scheme !== 'http')) continue;
          // fetch resolves to an answer of any status.
          if (name === 'fetch' && c.status !== null && c.status !== 307) continue;
          const timeout = c.then === 'hang' ? 500 : 10_000;
          const url = await serve(t, c, meetsGoodLogin(name));
          const options = royAt(url, { timeout, password: 'SECRET' });
          check(c, name, await rejection(call(createRestauth(options))));
        }
      }),
    ),
  );
});

function check(c: Case, call: string, error: unknown) {
  const about = `${call}: ${String(error)}`;
  assert.ok(error instanceof ProblemError, about);
  assert.equal(error instanceof UnavailableError, c.error === 'Unavailable', about);
  assert.equal(error.status, c.status ?? 0, about);
  assert.equal('cause' in error && error.cause instanceof Error, c.status === null, about);
  if (error instanceof UnavailableError) assert.equal(error.retryAfter, c.retry_after, about);
  assert.doesNotMatch(String(error), /SECRET|a\.b\.c/);
}

test('the words say what a reader can act on', async (t) => {
  const nowhere = cases.find(({ listen }) => listen === 'nowhere')!;
  const closed = await rejection(createRestauth(royAt(await serve(t, nowhere, false))).login());
  assert.equal((closed as Error).message, 'No answer: The server cannot be reached (ECONNREFUSED).');
  const silent = cases.find(({ name }) => name === 'silent')!;
  const late = await rejection(createRestauth(royAt(await serve(t, silent, false), { timeout: 50 })).login());
  assert.equal((late as Error).message, 'No answer: The server cannot be reached in time.');
  assert.equal(((late as Error).cause as Error).name, 'TimeoutError');
});

test('who gives a call up is told so, whatever it waited for', async (t) => {
  for (const c of cases.filter((c) => c.then === 'hang')) {
    for (const [name, call] of Object.entries(calls)) {
      const restauth = createRestauth(royAt(await serve(t, c, meetsGoodLogin(name))));
      const began = Date.now();
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      const aborted = await rejection(call(restauth, controller.signal));
      assert.equal((aborted as Error).name, 'AbortError', `${c.name}, ${name}: ${String(aborted)}`);
      const late = await rejection(call(restauth, AbortSignal.timeout(100)));
      assert.equal((late as Error).name, 'TimeoutError', `${c.name}, ${name}: ${String(late)}`);
      assert.ok(Date.now() - began < 5_000, 'waited for the login after giving up');
    }
  }
});

test('a garbage collection does not lose the time limit', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const often = setInterval(collect, 50);
  t.after(() => clearInterval(often));
  for (const c of cases.filter((c) => c.then === 'hang')) {
    const restauth = createRestauth(royAt(await serve(t, c, false), { timeout: 500 }));
    assert.ok((await rejection(restauth.live())) instanceof UnavailableError);
  }
});

/** A server that behaves as the case says; its address. A login is answered well when told so. */
async function serve(t: TestContext, c: Case, goodLogin: boolean): Promise<string> {
  if (c.listen === 'unknown name') return `${c.scheme}://restauth.invalid`; // RFC 2606, section 2
  const answer = (socket: Socket) => {
    socket.on('error', () => {}); // the client may hang up first
    let request = '';
    socket.on('data', (chunk) => {
      request += chunk.toString('latin1');
      if (!isWhole(request)) return;
      if (goodLogin && request.startsWith('POST /auth ')) {
        const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${token.length}`;
        socket.end(`${head}\r\nConnection: close\r\n\r\n${token}`);
        return;
      }
      socket.write(c.send);
      if (c.then === 'close') socket.end();
      // What was sent is to arrive.
      if (c.then === 'reset') setTimeout(() => socket.resetAndDestroy(), 20);
    });
  };
  const pem = readFileSync(join(shared, 'untrusted.pem'));
  const server: Server =
    c.listen === 'untrusted' ? createTLSServer({ cert: pem, key: pem }, answer) : createServer(answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  if (c.listen === 'nowhere') {
    close();
    await once(server, 'close');
  } else {
    t.after(close);
  }
  return `${c.scheme}://127.0.0.1:${port}`;
}

/** Whether a request has come to its end; what is no HTTP has. */
function isWhole(request: string): boolean {
  if (!/^(GET|POST) /.test(request)) return true;
  const end = request.indexOf('\r\n\r\n');
  const length = Number(/^content-length: *(\d+)/im.exec(request)?.[1] ?? 0);
  return end >= 0 && request.length >= end + 4 + length;
}
