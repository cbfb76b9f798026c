// What npm's packages write: bcrypt, bcryptjs, argon2, and Drupal 7's form.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// Modules are looked for where the packages are, not beside this file.
const require = createRequire(join(process.argv[2], 'package.json'));
const version = (name) => `${name} ${JSON.parse(readFileSync(join(process.argv[2], 'node_modules', name, 'package.json'))).version}`;
const passwords = readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));

async function write(writer, form, encode, verify, entries = passwords) {
  for (const { password, wrong } of entries) {
    const hash = await encode(password);
    if (!(await verify(password, hash))) {
      throw new Error(`${writer} does not verify its own ${form}: ${hash}`);
    }
    const line = { writer, form, hash, password, wrong: [] };
    for (const other of wrong) {
      if (await verify(other, hash)) {
        (line.loose ??= []).push(other);
      } else {
        line.wrong.push(other);
      }
    }
    console.log(JSON.stringify(line));
  }
}

for (const name of ['bcrypt', 'bcryptjs']) {
  const bcrypt = require(name);
  await write(version(name), 'bcrypt', (p) => bcrypt.hashSync(p, 4), (p, h) => bcrypt.compareSync(p, h));
  await write(version(name), 'as it comes', (p) => bcrypt.hashSync(p, 10), (p, h) => bcrypt.compareSync(p, h), passwords.slice(0, 1));
}

const argon2 = require('argon2');
const cheap = { memoryCost: 1024, timeCost: 2, parallelism: 2 };
for (const form of ['argon2d', 'argon2i', 'argon2id']) {
  await write(version('argon2'), form, (p) => argon2.hash(p, { ...cheap, type: argon2[form] }), (p, h) => argon2.verify(h, p));
}
await write(version('argon2'), 'as it comes', (p) => argon2.hash(p), (p, h) => argon2.verify(h, p), passwords.slice(0, 2));

// Of the usual cost, which cannot be set.
const drupal = require('drupal-hash');
await write(version('drupal-hash'), '$S$', (p) => drupal.hashPassword(p), (p, h) => drupal.checkPassword(p, h), passwords.slice(0, 4));
