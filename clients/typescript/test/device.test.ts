import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { InvalidCredentialsError, ProblemError, createRestauth } from '@restauth/client';

import { bodyOf, recorder, rejection, royAt, startServer, startStub } from './harness.js';

/** A recorder of the device tokens that logins bring. */
function devices() {
  const brought: (string | undefined)[] = [];
  const { fetch } = recorder(async (request) => {
    if (request.method === 'POST') {
      brought.push(((await request.clone().json()) as { device_token?: string }).device_token);
    }
    return request;
  });
  return { fetch, brought };
}

test('the device token goes with the next login, and with the first of the next run', async (t) => {
  const { url } = await startServer(t, ['--demo', '--token-lifetime', '1s']);
  const { fetch, brought } = devices();
  const restauth = createRestauth(royAt(url, { fetch }));
  assert.equal(restauth.deviceToken(), undefined);
  await restauth.login();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await restauth.login();
  const kept = restauth.deviceToken();
  assert.ok(kept);
  const next = createRestauth(royAt(url, { fetch, deviceToken: kept }));
  await next.login();
  assert.deepEqual(brought, [undefined, kept, kept]);
  assert.equal(next.deviceToken(), kept);
  assert.doesNotMatch(inspect(next, { depth: 9, showHidden: true }) + JSON.stringify(next), new RegExp(kept));

  const other = createRestauth(royAt(url, { deviceToken: kept.slice(1) }));
  await other.login();
  assert.notEqual(other.deviceToken(), kept.slice(1));
});

test('a server that gives no device tokens is sent none', async (t) => {
  const { url } = await startServer(t, ['--demo', '--device-token-lifetime', '0s', '--token-lifetime', '1s']);
  const { fetch, brought } = devices();
  const restauth = createRestauth(royAt(url, { fetch }));
  await restauth.login();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await restauth.login();
  assert.deepEqual([brought, restauth.deviceToken()], [[undefined, undefined], undefined]);
});

for (const [status, asked] of [
  [400, 2],
  [401, 1],
  [429, 1],
  [503, 1],
] as const) {
  test(`a login with a device token that is answered ${status} is sent ${asked} times`, async (t) => {
    let logins = 0;
    const url = await startStub(t, async (request, response) => {
      logins++;
      const { device_token: device } = JSON.parse(await bodyOf(request)) as { device_token?: string };
      const answer = {
        access_token: 'a.b.c',
        token_type: 'Bearer',
        expires_in: 300,
        device_token: 'x'.repeat(256),
      };
      response
        .writeHead(device === undefined ? 200 : status, { 'Content-Type': 'application/json' })
        .end(JSON.stringify(device === undefined ? answer : {}));
    });
    const restauth = createRestauth(royAt(url, { deviceToken: 'kept' }));
    if (status === 400) {
      assert.equal(await restauth.token(), 'a.b.c');
    } else {
      const error = await rejection(restauth.login());
      assert.ok(error instanceof (status === 401 ? InvalidCredentialsError : ProblemError), String(error));
    }
    assert.equal(logins, asked);
    assert.equal(restauth.deviceToken(), 'kept', 'what is too long is not kept');
  });
}
