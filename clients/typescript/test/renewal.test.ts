import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { InvalidCredentialsError, UnavailableError, createRestauth } from '@restauth/client';

import { bodyOf, recorder, rejection, royAt, startServer, startStub } from './harness.js';

/** A server whose tokens live two seconds. */
const startBrief = (t: TestContext) => startServer(t, ['--demo', '--token-lifetime', '2s', '--leeway', '0s']);

const times = <T>(n: number, make: () => Promise<T>) => Promise.all(Array.from({ length: n }, make));

test('a token is renewed before it ends', async (t) => {
  const { url } = await startBrief(t);
  const sent = recorder();
  const restauth = createRestauth(royAt(url, { fetch: sent.fetch }));
  const first = await restauth.token();
  assert.equal(await restauth.token(), first, 'one token serves many calls');
  for (const end = Date.now() + 5_000; Date.now() < end; await sleep(100)) await restauth.getRestAuth();
  assert.notEqual(await restauth.token(), first);
  assert.equal(sent.count('GET /rest-auth 401'), 0, 'no call met the end of a token');
  const logins = sent.count('POST /auth');
  assert.ok(logins >= 3 && logins <= 4, `${logins} logins in 5 s of tokens of 2 s`);
});

test('a token that ended unnoticed is renewed after the 401', async (t) => {
  const { url } = await startBrief(t);
  const sent = recorder();
  const restauth = createRestauth(royAt(url, { fetch: sent.fetch }));
  await restauth.login();
  // The machine slept: its clock stood still while the token ended.
  const now = Date.now();
  t.mock.method(Date, 'now', () => now);
  await sleep(3_100);
  await times(20, () => restauth.getRestAuth());
  assert.equal(sent.count('POST /auth 200'), 2);
  assert.ok(sent.count('GET /rest-auth 401') >= 1);
  assert.equal(sent.count('GET /rest-auth 200'), 20);
});

test('twenty calls at once cause one login', async (t) => {
  const { url } = await startServer(t);
  const sent = recorder();
  const restauth = createRestauth(royAt(url, { fetch: sent.fetch }));
  await times(20, () => restauth.getRestAuth());
  assert.equal(sent.count('POST /auth 200'), 1);
  assert.equal(sent.count('GET /rest-auth 200'), 20);
});

test('a server restarted with another key', async (t) => {
  const before = await startServer(t);
  const sent = recorder();
  const restauth = createRestauth(royAt(before.url, { fetch: sent.fetch }));
  const old = await restauth.token();
  await before.stop();
  await startServer(t, ['--demo', '--listen', before.address]);

  // A body can be read once, and is yet sent twice.
  const response = await restauth.fetch('/auth', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"username":"roy","password":"roy"}',
  });
  assert.equal(response.status, 200, 'an unguarded operation takes any token');
  await times(20, () => restauth.getRestAuth());
  assert.notEqual(await restauth.token(), old);
  assert.equal(sent.count('GET /rest-auth 200'), 20);
  assert.equal(sent.count('POST /auth 200'), 3, 'the first login, the one above, and one after the 401s');
});

test('a call with a body is sent again whole', async (t) => {
  const bodies: string[] = [];
  let logins = 0;
  const url = await startStub(t, async (request, response) => {
    if (request.url === '/auth') {
      response.end(JSON.stringify({ access_token: `t.${++logins}`, token_type: 'Bearer', expires_in: 300 }));
      return;
    }
    bodies.push(`${request.headers.authorization} ${await bodyOf(request)}`);
    response.writeHead(logins === 1 ? 401 : 200).end();
  });
  const restauth = createRestauth(royAt(url));
  const response = await restauth.fetch('/orders', { method: 'POST', body: '{"item":"tea"}' });
  assert.equal(response.status, 200);
  assert.deepEqual(bodies, ['Bearer t.1 {"item":"tea"}', 'Bearer t.2 {"item":"tea"}']);
});

test('a refusal that comes late does not cost the new token', async (t) => {
  let logins = 0;
  let release = () => {};
  const renewed = new Promise<void>((resolve) => (release = resolve));
  const url = await startStub(t, async (request, response) => {
    if (request.url === '/auth') {
      response.end(JSON.stringify({ access_token: `t.${++logins}`, token_type: 'Bearer', expires_in: 300 }));
      return;
    }
    const good = request.headers.authorization === 'Bearer t.2';
    if (!good && request.url === '/late') await renewed;
    response.writeHead(good ? 200 : 401).end();
  });
  const restauth = createRestauth(royAt(url));
  const late = restauth.fetch('/late');
  assert.equal((await restauth.fetch('/soon')).status, 200);
  release();
  assert.equal((await late).status, 200);
  assert.equal(logins, 2);
});

test('a failed login is not kept', async (t) => {
  let answer = 503;
  let logins = 0;
  const url = await startStub(t, (request, response) => {
    if (request.url !== '/auth') return response.end('"hello"');
    logins++;
    response.writeHead(answer, { 'Retry-After': '3' });
    response.end(JSON.stringify({ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 300 }));
  });
  const restauth = createRestauth(royAt(url));
  const failed = await times(20, () => rejection(restauth.getRestAuth()));
  assert.ok(failed.every((error) => error instanceof UnavailableError && error.retryAfter === 3));
  assert.equal(logins, 1, 'all twenty wait for one login');
  answer = 200;
  assert.equal(await restauth.getRestAuth(), 'hello');
  assert.equal(logins, 2);
});

test('a password changed meanwhile: InvalidCredentialsError', async (t) => {
  const before = await startServer(t);
  let password = 'roy';
  const changed = recorder(async (request) =>
    request.method === 'POST'
      ? new Request(request, {
          body: (await request.text()).replace('"password":"roy"', `"password":"${password}"`),
        })
      : request,
  );
  const restauth = createRestauth(royAt(before.url, { fetch: changed.fetch }));
  await restauth.login();
  await before.stop();
  await startServer(t, ['--demo', '--listen', before.address]);
  password = 'another';
  assert.ok((await rejection(restauth.getRestAuth())) instanceof InvalidCredentialsError);
});
