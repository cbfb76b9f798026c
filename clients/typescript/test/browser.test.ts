// In a real Chromium, on a page of another origin than the server's.
import assert from 'node:assert/strict';
import { accessSync, constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type TestContext, after, before, test } from 'node:test';

import type * as Client from '@restauth/client';
import { type Browser, type Page, chromium } from 'playwright-core';

import { type Server, root, startServer } from './harness.js';
import { type Scope, newProject, readmeBlock, run, serveFolder } from './project.js';

let browser: Browser;
let project: string;
let origin: string;
let pages = 0;

const ends: Array<() => Promise<void> | void> = [];
const file: Scope = { after: (end) => void ends.push(end) };

before(async () => {
  project = await newProject(file);
  origin = await serveFolder(file, project);
  browser = await chromium.launch({
    executablePath: find('chromium', 'chromium-browser', 'google-chrome'),
    chromiumSandbox: false, // root, as in containers, has none
    args: [
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-dev-shm-usage', // 64 MiB in many containers
      '--disable-gpu',
      '--disable-quic',
      '--disable-sync',
      // No name is resolved: a page that needs the internet fails.
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
    ],
  });
});
after(async () => {
  await browser?.close();
  for (const end of ends.reverse()) await end();
});

test('the README’s page', async (t) => {
  const { page, server } = await open(t, ['--demo']);
  const logIn = async (password: string) => {
    await page.fill('[name=username]', 'roy');
    await page.fill('[name=password]', password);
    await page.evaluate(() => (document.querySelector('output')!.value = ''));
    await page.click('button');
    await page.waitForFunction(() => document.querySelector('output')!.value !== '');
    return page.locator('output').textContent();
  };
  assert.notEqual(new URL(server.url).origin, origin);
  assert.equal(await logIn('wrong'), 'That is not right.');
  assert.equal(await logIn('roy'), 'Hello, roy.');
  assert.deepEqual(
    await page.evaluate(async () => [
      localStorage.length,
      sessionStorage.length,
      document.cookie,
      await indexedDB.databases(),
    ]),
    [0, 0, '', []],
    'nothing is left in the browser',
  );
});

test('the README’s page, bundled by Vite', async (t) => {
  const { page, server } = await open(t, ['--demo'], {}, undefined, bundled);
  await page.fill('[name=username]', 'roy');
  await page.fill('[name=password]', 'roy');
  await page.click('button');
  await page.waitForFunction(() => document.querySelector('output')!.value !== '');
  assert.equal(await page.locator('output').textContent(), 'Hello, roy.');
  await server.stop();
  await page.evaluate(() => (document.querySelector('output')!.value = ''));
  await page.click('button');
  await page.waitForFunction(() => document.querySelector('output')!.value !== '');
  assert.match((await page.locator('output').textContent())!, /^No answer: The server cannot be reached/);
});

/** Builds the page as a project of Vite's and returns the bundle's folder in it. */
async function bundled(html: string, name: string): Promise<string> {
  const source = html.replace(/<script type="importmap">.*?<\/script>\n/s, '');
  assert.notEqual(source, html, 'the import map is there to be left out');
  await writeFile(join(project, 'index.html'), source);
  const vite = join(root, 'runtimes/node_modules/vite/bin/vite.js');
  const out = `bundle-${name}`;
  await run(process.execPath, [vite, 'build', '--base', './', '--outDir', out, '--logLevel', 'warn'], {
    cwd: project,
  });
  return `${out}/index.html`;
}

test('calls, renewal and typed errors in a page', async (t) => {
  const { page, server } = await open(t, ['--demo', '--token-lifetime', '2s', '--leeway', '0s']);
  const got = await page.evaluate(
    async ([url, module]) => {
      const client: typeof Client = await import(module!);
      const paths: string[] = [];
      const fetchNoted: typeof fetch = (input, init) => {
        paths.push(new URL((input as Request).url).pathname);
        return fetch(input, init);
      };
      const roy = { baseUrl: url!, username: 'roy', password: 'roy' };
      const restauth = client.createRestauth({ ...roy, fetch: fetchNoted });
      const logins = () => paths.filter((path) => path === '/auth').length;

      const messages = new Set(await Promise.all(Array.from({ length: 20 }, () => restauth.getRestAuth())));
      const loginsFirst = logins();
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      const user = await restauth.getCurrentUser();
      const loginsLater = logins();
      const fetched = (await restauth.fetch('/rest-auth')).status;

      const wrong = await client
        .createRestauth({ ...roy, password: 'wrong' })
        .login()
        .catch((error: unknown) => error);
      const error = wrong as Client.ProblemError;
      return {
        messages: [...messages],
        loginsFirst,
        loginsLater,
        user,
        fetched,
        wrong: {
          typed: wrong instanceof client.InvalidCredentialsError,
          detail: error.detail,
          hasId: error.requestId !== '',
        },
      };
    },
    [server.url, moduleURL()],
  );
  assert.deepEqual(got, {
    messages: ['You are an authenticate person to see this message'],
    loginsFirst: 1,
    loginsLater: 2,
    user: { id: 1, subject: '1', username: 'roy' },
    fetched: 200,
    wrong: { typed: true, detail: 'Invalid credentials', hasId: true },
  });
});

test('a server whose database is down, seen from a page', async (t) => {
  const { page, server } = await open(t, ['--users', 'mysql://u:p@127.0.0.1:1/x'], {
    RESTAUTH_SECRET_KEY: 'a secret for this test, 32 bytes or more',
  });
  const got = await page.evaluate(
    async ([url, module]) => {
      const client: typeof Client = await import(module!);
      const error = await client
        .createRestauth({ baseUrl: url!, username: 'roy', password: 'roy' })
        .login()
        .catch((error: unknown) => error);
      // The header itself: the client takes 1 where a browser hides it.
      const exposed = (await fetch(`${url}/readyz`)).headers.get('Retry-After');
      return {
        typed: error instanceof client.UnavailableError,
        retryAfter: (error as Client.UnavailableError).retryAfter,
        exposed,
      };
    },
    [server.url, moduleURL()],
  );
  assert.ok(got.typed);
  assert.ok(Number.isInteger(got.retryAfter) && got.retryAfter >= 1, `retryAfter = ${got.retryAfter}`);
  assert.match(got.exposed ?? '', /^\d+$/);
});

test('a page of an origin that was not configured reads nothing', async (t) => {
  const { page, server } = await open(t, ['--demo'], {}, 'https://shop.example.org');
  const got = await page.evaluate(
    async ([url, module]) => {
      const client: typeof Client = await import(module!);
      const restauth = client.createRestauth({ baseUrl: url!, username: 'roy', password: 'roy' });
      return restauth.login().then(
        () => ['no error'],
        (error: Error) => [error instanceof client.UnavailableError, error.message, (error.cause as Error).name],
      );
    },
    [server.url, moduleURL()],
  );
  assert.deepEqual(got, [
    true,
    "No answer: The server cannot be reached, or its --cors-origins lack this page's origin.",
    'TypeError',
  ]);
});

/** The README's page, opened from an origin that the server allows unless told another. */
async function open(
  t: TestContext,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  allowed?: string,
  build?: (html: string, name: string) => Promise<string>,
) {
  const server: Server = await startServer(t, [...args, '--cors-origins', allowed ?? origin], env);
  const html = (await readmeBlock('html')).replace('http://127.0.0.1:5000', server.url);
  let name = `${++pages}.html`;
  if (build) name = await build(html, name);
  else await writeFile(join(project, name), html);
  const page: Page = await browser.newPage();
  t.after(() => page.close());
  page.setDefaultTimeout(30_000);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  t.after(() => assert.deepEqual(faults, [], 'faults on the page'));
  await page.goto(`${origin}/${name}`);
  return { page, server };
}

function moduleURL(): string {
  return `${origin}/node_modules/@restauth/client/dist/index.js`;
}

function find(...names: string[]): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // looked for in the next folder
      }
    }
  }
  throw new Error(`none of ${names.join(', ')} is on the PATH`);
}
