import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  InvalidCredentialsError,
  ProblemError,
  ThrottledError,
  UnauthorizedError,
  UnavailableError,
  createRestauth,
} from '@restauth/client';

import { recorder, rejection, roy, royAt, startServer, startStub } from './harness.js';

const requestId = /^[0-9a-f]{32}$/;

test('401 to a login: InvalidCredentialsError', async (t) => {
  const { url } = await startServer(t);
  for (const who of [
    { ...roy, password: 'wrong' },
    { ...roy, username: 'nobody' },
  ]) {
    const error = await rejection(createRestauth({ baseUrl: url, ...who }).getRestAuth());
    assert.ok(error instanceof InvalidCredentialsError && error instanceof ProblemError);
    assert.deepEqual(
      {
        name: error.name,
        status: error.status,
        type: error.type,
        title: error.title,
        detail: error.detail,
        errors: error.errors,
      },
      {
        name: 'InvalidCredentialsError',
        status: 401,
        type: 'about:blank',
        title: 'Unauthorized',
        detail: 'Invalid credentials',
        errors: [],
      },
    );
    assert.match(error.requestId, requestId);
    assert.equal(error.message, '401 Unauthorized: Invalid credentials');
  }
});

test('401 to a guarded call, also with a new token: UnauthorizedError', async (t) => {
  const { url } = await startServer(t);
  const spoilt = recorder((request) => {
    if (request.headers.has('Authorization')) request.headers.set('Authorization', 'Bearer a.b.c');
    return request;
  });
  const restauth = createRestauth(royAt(url, { fetch: spoilt.fetch }));
  const error = await rejection(restauth.getCurrentUser());
  assert.ok(error instanceof UnauthorizedError && error instanceof ProblemError);
  assert.equal(error.status, 401);
  assert.match(error.requestId, requestId);
  assert.deepEqual(spoilt.seen, ['POST /auth 200', 'GET /auth/me 401', 'POST /auth 200', 'GET /auth/me 401']);
});

test('400, 413 and 415: ProblemError with what is wrong', async (t) => {
  const { url } = await startServer(t);
  const form = recorder((request) => {
    request.headers.set('Content-Type', 'application/x-www-form-urlencoded');
    return request;
  });
  const cases = [
    {
      options: royAt(url, { username: 'x'.repeat(256) }),
      status: 400,
      errors: [{ pointer: '/username', keyword: 'maxLength' }],
    },
    { options: royAt(url, { password: '\ud800' }), status: 400, errors: undefined },
    { options: royAt(url, { password: 'x'.repeat(17_000) }), status: 413, errors: [] },
    { options: royAt(url, { fetch: form.fetch }), status: 415, errors: [] },
  ];
  for (const { options, status, errors } of cases) {
    const error = await rejection(createRestauth(options).login());
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.name, 'ProblemError');
    assert.equal(error.status, status);
    if (errors) assert.deepEqual(error.errors, errors);
  }
});

test('503 of a server whose database is down: UnavailableError', async (t) => {
  const { url } = await startServer(t, ['--users', 'mysql://u:p@127.0.0.1:1/x'], {
    RESTAUTH_SECRET_KEY: 'a secret for this test, 32 bytes or more',
  });
  const restauth = createRestauth(royAt(url));
  assert.deepEqual(await restauth.live(), { status: 'ok' });
  for (const method of ['login', 'getRestAuth', 'ready'] as const) {
    const error = await rejection(restauth[method]());
    assert.ok(error instanceof UnavailableError && error instanceof ProblemError);
    assert.equal(error.status, 503);
    assert.ok(
      Number.isInteger(error.retryAfter) && error.retryAfter >= 1,
      `retryAfter = ${error.retryAfter}`,
    );
    assert.match(error.requestId, requestId);
  }
});

test('429 to a login: ThrottledError', async (t) => {
  const problem = {
    type: 'about:blank',
    title: 'Too Many Requests',
    status: 429,
    detail: 'Too many logins at once. Try again later.',
    request_id: '01b3c2d4e5f60718293a4b5c6d7e8f90',
    status_code: 429,
    error: 'Too Many Requests',
    description: 'Too many logins at once. Try again later.',
  };
  const url = await startStub(t, (_, response) => {
    response
      .writeHead(429, { 'Content-Type': 'application/problem+json', 'Retry-After': '17' })
      .end(JSON.stringify(problem));
  });
  const error = await rejection(createRestauth(royAt(url)).getRestAuth());
  assert.ok(error instanceof ThrottledError && error instanceof ProblemError);
  const { name, status, title, detail, requestId, retryAfter } = error;
  assert.deepEqual(
    { name, status, title, detail, request_id: requestId, retryAfter },
    {
      name: 'ThrottledError',
      status: 429,
      title: problem.title,
      detail: problem.detail,
      request_id: problem.request_id,
      retryAfter: 17,
    },
  );
});

test('answers of proxies and their Retry-After', async (t) => {
  const soon = new Date(Date.now() + 30_000).toUTCString();
  const cases: Array<{ status: number; retryAfter?: string; type: Function; want?: [number, number] }> = [
    { status: 429, retryAfter: '17', type: ThrottledError, want: [17, 17] },
    { status: 429, type: ThrottledError, want: [1, 1] },
    { status: 429, retryAfter: '0', type: ThrottledError, want: [1, 1] },
    { status: 429, retryAfter: '-5', type: ThrottledError, want: [1, 1] },
    { status: 429, retryAfter: 'soon', type: ThrottledError, want: [1, 1] },
    { status: 503, retryAfter: soon, type: UnavailableError, want: [25, 31] },
    { status: 503, retryAfter: 'Thu, 01 Jan 1970 00:00:00 GMT', type: UnavailableError, want: [1, 1] },
    { status: 502, type: UnavailableError, want: [1, 1] },
    { status: 504, type: UnavailableError, want: [1, 1] },
    { status: 500, type: ProblemError },
    { status: 404, type: ProblemError },
  ];
  for (const { status, retryAfter, type, want } of cases) {
    await t.test(`${status} ${retryAfter ?? ''}`, async (t) => {
      const url = await startStub(t, (_, response) => {
        response.writeHead(status, {
          'Content-Type': 'text/html',
          ...(retryAfter && { 'Retry-After': retryAfter }),
        });
        response.end('<h1>nginx</h1>');
      });
      const error = await rejection(createRestauth(royAt(url)).login());
      assert.ok(error instanceof ProblemError);
      assert.equal(error.constructor, type);
      assert.deepEqual([error.status, error.type, error.requestId], [status, 'about:blank', '']);
      if (error instanceof ThrottledError || error instanceof UnavailableError) {
        assert.ok(
          want && error.retryAfter >= want[0] && error.retryAfter <= want[1],
          `retryAfter = ${error.retryAfter}`,
        );
      }
    });
  }
});

test('hostile problem documents', async (t) => {
  for (const body of [
    'null',
    '[]',
    '7',
    '""',
    '{"detail":{},"title":7,"errors":{"a":1}}',
    '{"errors":[1,null,{"pointer":"/p"}]}',
  ]) {
    const url = await startStub(t, (_, response) =>
      response.writeHead(500, { 'Content-Type': 'application/problem+json' }).end(body),
    );
    const error = await rejection(createRestauth(royAt(url)).live());
    assert.ok(error instanceof ProblemError, body);
    assert.deepEqual([error.status, error.title, error.errors], [500, 'Internal Server Error', []], body);
  }
});
