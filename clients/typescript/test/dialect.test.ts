import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Dialect, InvalidCredentialsError, createRestauth } from '@restauth/client';

import { bodyOf, recorder, rejection, royAt, startServer, startStub } from './harness.js';

const greeting = 'You are an authenticate person to see this message';

/** A server's flags, and what a client says of them. */
const theirs: [string, string[], Dialect][] = [
  ["the login's path", ['--login-path', '/api/login'], { loginPath: '/api/login' }],
  [
    'the members',
    ['--login-username-member', 'email', '--login-password-member', 'pass', '--login-token-member', 'token'],
    { usernameMember: 'email', passwordMember: 'pass', tokenMember: 'token' },
  ],
  ['the token alone', ['--login-answer', 'flask'], {}],
  [
    'all',
    [
      '--login-path',
      '/login',
      '--login-username-member',
      'email',
      '--login-password-member',
      'pass',
      '--login-token-member',
      'jwt',
      '--login-answer',
      'flask',
      '--authorization-prefix',
      'Token',
    ],
    {
      loginPath: '/login',
      usernameMember: 'email',
      passwordMember: 'pass',
      tokenMember: 'jwt',
      authorizationPrefix: 'Token',
    },
  ],
];

for (const [name, flags, dialect] of theirs) {
  test(`in a dialect: ${name}`, async (t) => {
    const { url } = await startServer(t, ['--demo', ...flags]);
    const prefixes = new Set<string>();
    const { fetch, count } = recorder((request) => {
      const authorization = request.headers.get('Authorization');
      if (authorization) prefixes.add(authorization.split(' ')[0]!);
      return request;
    });
    const restauth = createRestauth(royAt(url, { fetch, dialect }));
    assert.equal(await restauth.getRestAuth(), greeting);
    assert.equal(await restauth.getRestAuth(), greeting);
    assert.equal((await restauth.getCurrentUser()).username, 'roy');
    const answer = await restauth.fetch('/rest-auth');
    assert.deepEqual([answer.status, await answer.json()], [200, greeting]);
    assert.equal(count('POST'), 1, 'one login');
    assert.deepEqual([...prefixes], [dialect.authorizationPrefix ?? 'Bearer']);
    assert.equal(restauth.deviceToken() === undefined, flags.includes('flask'));

    const wrong = createRestauth(royAt(url, { dialect, password: 'no' }));
    assert.ok((await rejection(wrong.login())) instanceof InvalidCredentialsError);
  });
}

test('in a dialect a refused token is renewed once', async (t) => {
  let logins = 0;
  const url = await startStub(t, async (request, response) => {
    const json = { 'Content-Type': 'application/json' };
    if (request.url === '/shop/login') {
      assert.deepEqual(JSON.parse(await bodyOf(request)), { email: 'roy', password: 'roy' });
      logins++;
      response.writeHead(200, json).end(JSON.stringify({ token: `a.b.${logins}` }));
      return;
    }
    const good = request.headers.authorization === 'Token a.b.2';
    response.writeHead(good ? 200 : 401, json).end(good ? JSON.stringify(greeting) : '{}');
  });
  const dialect: Dialect = {
    loginPath: '/login',
    usernameMember: 'email',
    tokenMember: 'token',
    authorizationPrefix: 'Token',
  };
  const restauth = createRestauth(royAt(`${url}/shop/`, { dialect }));
  assert.equal(await restauth.getRestAuth(), greeting);
  assert.equal(logins, 2);
});

for (const body of ['{"access_token":"a.b.c"}', '{"token":1}', '[]', '<html>', '']) {
  test(`an answer in another dialect is an error: ${body}`, async (t) => {
    const url = await startStub(t, (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
    });
    const error = await rejection(createRestauth(royAt(url, { dialect: { tokenMember: 'token' } })).login());
    if (body.includes('access_token')) return; // what the contract has is taken as well, once it is whole
    assert.ok(error instanceof TypeError, String(error));
  });
}

test('a dialect that no server has', () => {
  for (const dialect of [
    { loginPath: 'login' },
    { loginPath: '/login?x' },
    { authorizationPrefix: 'My Token' },
  ]) {
    assert.throws(() => createRestauth(royAt('http://127.0.0.1:1', { dialect: dialect as Dialect })), TypeError);
  }
});
