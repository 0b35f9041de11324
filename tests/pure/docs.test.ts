// The documents say what the code does: their tables and vectors are read and compared.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { decode, encode } from '../../src/base/canonical.ts';
import type { Canonical } from '../../src/base/canonical.ts';
import { fromHex, hex } from '../../src/base/bytes.ts';
import { readConfig } from '../../src/config.ts';

const doc = (name: string): string => readFileSync(path.join(import.meta.dirname, '../..', name), 'utf8');

test('the vectors of docs/ledger.md are what the codec writes and reads', () => {
  const rows = [...doc('docs/ledger.md').matchAll(/^\| (.+?) \| `([0-9a-f ]{5,})` \|$/gm)];
  expect(rows.length).toBeGreaterThanOrEqual(6);
  for (const [, shown, bytes] of rows) {
    const value = JSON.parse(shown ?? '') as Canonical;
    expect(hex(encode(value))).toBe((bytes ?? '').replaceAll(' ', ''));
    expect(decode(fromHex((bytes ?? '').replaceAll(' ', '')))).toEqual(value);
  }
});

test('docs/operations.md names every variable of the configuration with its default', () => {
  const lines = doc('docs/operations.md').split('\n');
  for (const [name, value] of Object.entries(readConfig({}))) expect(lines.some((line) => line.includes(name) && line.includes(String(value))), name).toBe(true);
});

test('docs/dependencies.md argues every dependency, and each is pinned exactly', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(doc('package.json')) as Record<string, Record<string, string>>;
  const argued = doc('docs/dependencies.md');
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    expect(name.startsWith('@types/') || argued.includes(name), name).toBe(true);
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/);
  }
});

test('a wrong environment is told in one sentence a variable', () => {
  expect(() => readConfig({ PORT: '99999', DATABASE_URL: 'mysql://x' })).toThrow(/DATABASE_URL.*\n.*PORT/s);
});
