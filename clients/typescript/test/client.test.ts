import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { type Health, ProblemError, type User, createRestauth } from '@restauth/client';
import { getCurrentUser, getRestAuth } from '@restauth/client/api';

import { bodyOf, recorder, rejection, royAt, startServer, startStub } from './harness.js';

const message = 'You are an authenticate person to see this message';

test('every operation of the contract, typed', async (t) => {
  const { url } = await startServer(t);
  const sent = recorder();
  const restauth = createRestauth(royAt(url, { fetch: sent.fetch }));

  const live: Health = await restauth.live();
  const ready: Health = await restauth.ready();
  assert.deepEqual([live, ready], [{ status: 'ok' }, { status: 'ok' }]);
  assert.equal(sent.count('POST /auth'), 0, 'health needs no login');

  await restauth.login();
  const said: string = await restauth.getRestAuth();
  assert.equal(said, message);
  const user: User = await restauth.getCurrentUser();
  assert.deepEqual(user, { id: 1, subject: '1', username: 'roy' });
  assert.deepEqual(sent.seen, [
    'GET /livez 200',
    'GET /readyz 200',
    'POST /auth 200',
    'GET /rest-auth 200',
    'GET /auth/me 200',
  ]);
});

test('the generated operations log in by themselves', async (t) => {
  const { url } = await startServer(t);
  const restauth = createRestauth(royAt(url));
  const user = await restauth.call((client) => getCurrentUser({ client }));
  assert.deepEqual(user, { id: 1, subject: '1', username: 'roy' } satisfies User);
  const { data } = await getRestAuth({ client: restauth.client });
  assert.equal(data, message);
});

test('fetch and token reach what the generated operations do not', async (t) => {
  const { url } = await startServer(t);
  const restauth = createRestauth(royAt(`${url}/`));
  const response = await restauth.fetch('/rest-auth', { headers: { Accept: 'application/json' } });
  assert.equal(await response.json(), message);

  const elsewhere = await fetch(`${url}/rest-auth`, {
    headers: { Authorization: `Bearer ${await restauth.token()}` },
  });
  assert.equal(elsewhere.status, 200);
});

test('a path in the base URL is kept', async (t) => {
  const { url } = await startServer(t);
  const prefixed = await startStub(t, async (request, response) => {
    assert.match(request.url ?? '', /^\/login\//);
    const { method, headers } = request;
    const body = method === 'POST' ? await bodyOf(request) : undefined;
    const answer = await fetch(url + request.url!.slice('/login'.length), {
      method: method!,
      headers: { 'Content-Type': 'application/json', Authorization: headers.authorization ?? '' },
      ...(body && { body }),
    });
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text());
  });
  const restauth = createRestauth(royAt(`${prefixed}/login/`));
  assert.equal(await restauth.getRestAuth(), message);
  assert.equal(await (await restauth.fetch('/rest-auth')).json(), message);
});

test('the token stays with its server', async (t) => {
  const { url } = await startServer(t);
  let leaked = 0;
  const thief = await startStub(t, (_, response) => {
    leaked++;
    response.end('{}');
  });
  const restauth = createRestauth(royAt(url));
  assert.match(String(await rejection(restauth.fetch(`${thief}/x` as '/x'))), /does not begin with \//);
  assert.match(
    String(await rejection(restauth.fetch(`@${thief.slice('http://'.length)}/x` as '/x'))),
    /does not begin with \//,
  );

  const redirecting = await startStub(t, (_, response) =>
    response.writeHead(307, { Location: `${thief}/auth` }).end(),
  );
  const refused = createRestauth(royAt(redirecting));
  for (const error of [await rejection(refused.login()), await rejection(refused.live())]) {
    assert.ok(error instanceof ProblemError, String(error));
    assert.deepEqual([error.status, error.title], [307, 'Redirect']);
  }
  assert.equal(leaked, 0);
});

test('neither password nor token shows', async (t) => {
  const { url } = await startServer(t);
  const restauth = createRestauth({ baseUrl: url, username: 'roy', password: 'roy' });
  const token = await restauth.token();
  const wrong = createRestauth({ baseUrl: url, username: 'roy', password: 'hunter2-hunter2' });
  const shown = [restauth, wrong, await rejection(wrong.login())].map(
    (value) => inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value),
  );
  assert.doesNotMatch(shown.join('\n'), /hunter2|eyJ/);
  assert.ok(token.startsWith('eyJ'));
});

test('a base URL that is none is refused at once', () => {
  for (const baseUrl of [
    '',
    '/api',
    'login.example.org',
    'ftp://h',
    'http://u:p@h',
    'http://h/?q',
    'http://h/#f',
  ]) {
    assert.throws(() => createRestauth(royAt(baseUrl)), TypeError, baseUrl);
  }
});

test('an answer that is not the contract’s is refused', async (t) => {
  const page = '<!doctype html><title>Welcome</title>';
  const token = JSON.stringify({ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 300 });
  const cases: Array<{
    name: string;
    auth: string;
    answer: string;
    call: 'getRestAuth' | 'getCurrentUser' | 'live';
    want: RegExp;
  }> = [
    { name: 'a page in place of a token', auth: page, answer: '', call: 'getRestAuth', want: /is baseUrl/ },
    {
      name: 'a token without a life',
      auth: '{"access_token":"a.b.c"}',
      answer: '',
      call: 'getRestAuth',
      want: /is baseUrl/,
    },
    { name: 'an empty answer', auth: '', answer: '', call: 'getRestAuth', want: /is baseUrl/ },
    { name: 'a page in place of health', auth: token, answer: page, call: 'live', want: /is baseUrl/ },
    {
      name: 'an object in place of the message',
      auth: token,
      answer: '{}',
      call: 'getRestAuth',
      want: /is baseUrl/,
    },
    {
      name: 'a user without a key',
      auth: token,
      answer: '{"username":"roy"}',
      call: 'getCurrentUser',
      want: /is baseUrl/,
    },
    {
      name: 'a user without a subject',
      auth: token,
      answer: '{"id":1,"username":"roy"}',
      call: 'getCurrentUser',
      want: /is baseUrl/,
    },
    {
      name: 'a user whose id is a text',
      auth: token,
      answer: '{"id":"7","subject":"7","username":"roy"}',
      call: 'getCurrentUser',
      want: /is baseUrl/,
    },
    {
      name: 'a user of two keys',
      auth: token,
      answer: '{"id":1,"subject":"2","username":"roy"}',
      call: 'getCurrentUser',
      want: /is baseUrl/,
    },
  ];
  for (const { name, auth, answer, call, want } of cases) {
    await t.test(name, async (t) => {
      const url = await startStub(t, (request, response) =>
        response.end(request.url === '/auth' ? auth : answer),
      );
      assert.match(String(await rejection(createRestauth(royAt(url))[call]())), want);
    });
  }
});

test('a key that is a text, or beyond 2^63, is the subject alone', async (t) => {
  const token = JSON.stringify({ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 300 });
  for (const key of ['6ccd780c-baba-1026-9564-5b8c656024db', 'jöe', '7', '18446744073709551615']) {
    const answer = JSON.stringify({ subject: key });
    const url = await startStub(t, (request, response) =>
      response.end(request.url === '/auth' ? token : answer),
    );
    const user = await createRestauth(royAt(url)).getCurrentUser();
    assert.equal(user.id, undefined);
    assert.equal(user.subject, key);
    assert.equal(JSON.stringify(user), answer);
  }
});

test('a key beyond 2^53 is exact as the subject, and never somebody else’s as the id', async (t) => {
  const token = JSON.stringify({ access_token: 'a.b.c', token_type: 'Bearer', expires_in: 300 });
  const key = '9007199254740993';
  const url = await startStub(t, (request, response) =>
    response.end(request.url === '/auth' ? token : `{"id":${key},"subject":"${key}"}`),
  );
  const user = await createRestauth(royAt(url)).getCurrentUser();
  assert.equal(user.subject, key);
  assert.equal(user.username, undefined);
  assert.throws(() => user.id, /RangeError: .* use its subject/);
  assert.equal(JSON.stringify(user), `{"subject":"${key}"}`);
});
