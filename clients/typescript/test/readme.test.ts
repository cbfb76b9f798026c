import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';

import { rejection, root, startServer } from './harness.js';
import { newProject, readmeBlock, run } from './project.js';

test('the README’s example in an empty project', async (t) => {
  const project = await newProject(t);
  const example = await readmeBlock('js');
  await writeFile(join(project, 'example.mjs'), example);

  const node = (url: string) =>
    run(process.execPath, ['example.mjs'], { cwd: project, env: { RESTAUTH_URL: url } });

  await t.test('prints what the README says', async (t) => {
    const { url } = await startServer(t);
    assert.deepEqual(await node(url), { stdout: await readmeBlock('text'), stderr: '' });
  });

  await t.test('says when to try again', async (t) => {
    const { url } = await startServer(t, ['--users', 'mysql://u:p@127.0.0.1:1/x'], {
      RESTAUTH_SECRET_KEY: 'a secret for this test, 32 bytes or more',
    });
    const { code, stdout, stderr } = (await rejection(node(url))) as {
      code: number;
      stdout: string;
      stderr: string;
    };
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^503 Service Unavailable: .* Try again in \d+ s\.\n$/);
  });

  await t.test('is right TypeScript, also under a strict compiler that reads our types', async () => {
    await writeFile(join(project, 'example.mts'), example);
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const strict = ['--strict', '--noEmit', '--skipLibCheck', 'false', '--target', 'es2022'];
    for (const module of [['nodenext'], ['esnext', '--moduleResolution', 'bundler']]) {
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const { stdout } = await run(
        process.execPath,
        [tsc, ...strict, ...types, '--module', ...module, 'example.mts'],
        { cwd: project },
      );
      assert.equal(stdout, '');
    }
  });
});

test('the README’s TypeScript in an empty folder, with the compiler it names', async (t) => {
  const project = await newProject(t);
  const shell = (script: string, env: NodeJS.ProcessEnv = {}) =>
    run('sh', ['-euc', script], {
      cwd: project,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_prefer_offline: 'true', ...env },
    });
  await writeFile(join(project, 'tsconfig.json'), await readmeBlock('json'));
  await writeFile(join(project, 'example.ts'), await readmeBlock('ts'));
  await assert.rejects(shell('npm install --save-dev typescript@6 @types/node@20 && npx tsc'), {
    stdout: /error TS1309|error TS1479|error TS1295/,
  });
  await shell(await readmeBlock('shell'));

  const { url, stop } = await startServer(t);
  const start = () => shell('npx tsc && node example.js', { RESTAUTH_URL: url });
  assert.deepEqual(await start(), { stdout: 'roy has the id 1\n', stderr: '' });
  await stop();
  assert.deepEqual(await start(), {
    stdout: 'nobody knows\n',
    stderr: 'No answer: The server cannot be reached (ECONNREFUSED). Try again in 1 s.\n',
  });
});

test('the README’s installation from a clone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'restauth-client-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // Of the clone only this package, as git has it.
  const clone = join(folder, 'clone');
  await cp(root, join(clone, 'clients/typescript'), {
    recursive: true,
    filter: (path) => !['build', 'dist', 'node_modules', 'runtimes'].includes(basename(path)),
  });
  const install = await readmeBlock('sh');
  assert.equal(install.split('PATH').length, 3, install);
  const project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "private": true }\n');
  await run('bash', ['-euo', 'pipefail', '-c', install.replaceAll('PATH', clone)], { cwd: project });

  await writeFile(join(project, 'example.mjs'), await readmeBlock('js'));
  const { url } = await startServer(t);
  assert.deepEqual(
    await run(process.execPath, ['example.mjs'], { cwd: project, env: { RESTAUTH_URL: url } }),
    { stdout: await readmeBlock('text'), stderr: '' },
  );
});

test('the package holds what it must and no more', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root });
  const [{ files }] = JSON.parse(stdout) as [{ files: Array<{ path: string }> }];
  const paths = files.map(({ path }) => path);
  const other = paths.filter((path) => !/^dist\/.*\.(js|d\.ts)$/.test(path)).sort();
  assert.deepEqual(other, ['LICENSE', 'README.md', 'package.json']);
  for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/gen/index.js'])
    assert.ok(paths.includes(path), path);
});
