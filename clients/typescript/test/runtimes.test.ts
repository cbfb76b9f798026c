// The packed package where people run it beside an ES module in Node.
import assert from 'node:assert/strict';
import { type ExecFileException } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';

import { root, startServer } from './harness.js';
import { newProject, readmeBlock, run } from './project.js';

// The binaries themselves: their packages' install scripts are never run.
const installed = createRequire(join(root, 'runtimes/package.json'));
const platform = `${process.platform}-${process.arch}`;
const deno = installed.resolve(`@deno/${platform}${process.platform === 'linux' ? '-glibc' : ''}/deno`);
const bun = installed.resolve(`@oven/bun-${platform}/bin/bun`);

const ts = { file: 'example.ts', block: 'ts', away: [0, 'nobody knows\n', /^No answer: .* Try again in 1 s\.\n$/] } as const;
const cjs = { file: 'example.cjs', block: 'cjs', away: [1, '', /^The server is away\.\n$/] } as const;
const runtimes = [
  { name: 'Deno', command: [deno, 'run', '--allow-net', '--allow-env'], ...ts },
  { name: 'Bun', command: [bun], ...ts },
  { name: 'CommonJS in Node', command: [process.execPath], ...cjs },
  { name: 'CommonJS in Deno', command: [deno, 'run', '--allow-net', '--allow-env', '--allow-read'], ...cjs },
  { name: 'CommonJS in Bun', command: [bun], ...cjs },
];

for (const { name, command, file, block, away } of runtimes) {
  test(`the README’s example: ${name}`, async (t) => {
    const project = await newProject(t);
    await run('npm', ['pkg', 'set', 'type=module'], { cwd: project });
    await writeFile(join(project, file), await readmeBlock(block));
    const start = async (url: string) => {
      const [program, ...args] = [...command, file];
      const env = { RESTAUTH_URL: url, HOME: project, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
      try {
        return { code: 0, ...(await run(program!, args, { cwd: project, env, timeout: 30_000 })) };
      } catch (error) {
        return error as ExecFileException;
      }
    };
    const { url, stop } = await startServer(t);
    const there = await start(url);
    assert.deepEqual([there.code, there.stdout, there.stderr], [0, 'roy has the id 1\n', '']);
    await stop();
    const gone = await start(url);
    assert.deepEqual([gone.code, gone.stdout], away.slice(0, 2));
    assert.match(gone.stderr!, away[2]);
  });
}
