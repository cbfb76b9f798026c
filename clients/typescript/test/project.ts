// An empty project with the packed package in it, as a user has it.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';

import { root } from './harness.js';

export const run = promisify(execFile);

/** What runs ends when it is over: a test, or a file of them. */
export interface Scope {
  after(end: () => Promise<void> | void): void;
}

/** Makes the project and returns its folder, which ends with the scope. */
export async function newProject(t: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'restauth-client-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const packed = (await readdir(join(root, 'build'))).filter((name) => name.endsWith('.tgz'));
  if (packed.length !== 1) throw new Error(`build holds ${packed.length} packages, want 1`);
  // Without a network: the package has no dependencies.
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(root, 'build', packed[0]!)], {
    cwd: folder,
  });
  return folder;
}

/** The one code block of a language in the README. */
export async function readmeBlock(language: string): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter((match) => match[1] === language);
  if (blocks.length !== 1) throw new Error(`README.md has ${blocks.length} ${language} blocks, want 1`);
  return blocks[0]![2]!;
}

const mediaTypes: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Serves a folder as it is, from an origin of its own, and returns that. */
export async function serveFolder(t: Scope, folder: string): Promise<string> {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url!, 'http://localhost').pathname);
    try {
      const content = await readFile(join(folder, path));
      response
        .writeHead(200, { 'Content-Type': mediaTypes[extname(path)] ?? 'application/octet-stream' })
        .end(content);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
