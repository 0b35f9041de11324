// The README as a newcomer follows it: the program starts with nothing but a folder, its commands print what they promise.

import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeEmbedded } from '../../src/store/embedded.ts';
import { KT1_LETTER } from '../../src/api/examples.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const run = promisify(execFile);
const dir = mkdtempSync(path.join(tmpdir(), 'niem-readme-'));
let server: ChildProcess;
let address = '';
let told = '';
let ready_ms = 0;

beforeAll(async () => {
  const started = performance.now();
  server = spawn(process.execPath, ['src/main.ts'], { cwd: ROOT, env: { ...process.env, NIEM_DIR: path.join(dir, 'data'), PORT: '0', DATABASE_URL: '' }, stdio: ['ignore', 'pipe', 'inherit'] });
  address = await new Promise<string>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`left with ${code}: ${told}`)));
    server.stdout?.on('data', (chunk: Buffer) => {
      told += String(chunk);
      const match = /ready: (http:\S+)/.exec(told);
      if (match?.[1]) resolve(match[1]);
    });
  });
  ready_ms = performance.now() - started;
}, 90_000);

afterAll(async () => {
  const left = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await left;
  await removeEmbedded(path.join(dir, 'data'));
});

test('the program is ready within a minute and prints its address and sign-ins', () => {
  process.stdout.write(`ready after ${(ready_ms / 1000).toFixed(1)} s\n`);
  expect(ready_ms).toBeLessThan(60_000);
  for (const role of ['Giao dịch viên', 'Kiểm soát viên', 'Trưởng ca', 'Thanh tra']) expect(told).toContain(role);
});

test("the README's commands accept, approve, scan, read the chain and print a label", async () => {
  const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(readFileSync(path.join(ROOT, 'README.md'), 'utf8')) ?? [];
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], { env: { ...process.env, NIEM: address, OUT: dir } });
  expect(stdout).toMatch(/^letter BK\d{9}VN\nparcel PA\d{9}VN\napproved\n[0-9a-f]{64}\n"complete":true\n$/);
  expect(statSync(path.join(dir, 'label.png')).size).toBeGreaterThan(1000);
});

test("the README's letter goes from Đồng Đăng to the Party office and its chain is printed", async () => {
  const [, block = ''] = [...readFileSync(path.join(ROOT, 'README.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)][1] ?? [];
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], { cwd: ROOT, env: { ...process.env, NIEM: address, XDG_CONFIG_HOME: dir, OUT: dir } });
  expect(stdout).toMatch(/chấp nhận \[thư\][\s\S]*→ Đã phát/);
  expect(stdout).not.toContain('✗');
  expect(stdout).toMatch(/Chấp nhận[\s\S]*Duyệt[\s\S]*Cho vào túi[\s\S]*Đếm trong túi[\s\S]*Giao bưu tá[\s\S]*Phát [\s\S]*✓ chuỗi nguyên vẹn/);
  expect(stdout).toMatch(/✓ nguyên vẹn/);
}, 60_000);

test('the command line client signs in, accepts, scans, shows the chain and verifies; a refusal ends it with status 1', async () => {
  const niem = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, ['src/cli.ts', ...args, '--url', address], { cwd: ROOT, env: { ...process.env, XDG_CONFIG_HOME: dir } })).stdout;
  await niem('sign-in', 'LS1001', '--pin', '246810');
  expect(await niem('me')).toContain('243100');
  const file = path.join(dir, 'letter.json');
  writeFileSync(file, JSON.stringify({ facts: KT1_LETTER.facts }));
  const code = /BK\d{9}VN/.exec(await niem('accept', file))?.[0] ?? '';
  await niem('scan', code);
  await niem('weigh', code, '190');
  expect(await niem('item', code)).toContain('KT1 B');
  expect(await niem('chain', code)).toMatch(/Chấp nhận[\s\S]*Quét thấy[\s\S]*Cân lại[\s\S]*nguyên vẹn/);
  await niem('label', code, '--format', 'pdf', '--out', path.join(dir, 'label.pdf'));
  expect(readFileSync(path.join(dir, 'label.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
  await expect(niem('approve', code)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('not_permitted') });
  await niem('sign-in', 'LS1007', '--pin', '246810');
  await niem('approve', code);
  expect(await niem('verify')).toContain('nguyên vẹn');
  await niem('sign-out');
  await expect(niem('me')).rejects.toMatchObject({ code: 1 });
}, 60_000);
