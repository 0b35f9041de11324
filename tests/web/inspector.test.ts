// The inspector's desk in a real browser: the proof, the self-check and the questions are there, and a bundle taken through it proves itself.

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ED25519 } from '../../src/base/note.ts';
import { verifySignature } from '../../src/domain/key.ts';
import { sha256 } from '../../src/ledger/entry.ts';
import { newSeed, signerOf } from '../../src/ledger/sign.ts';
import { checker } from '../../src/proof/check.ts';
import { checkStream } from '../../src/proof/stream.ts';
import { axe, NO_BROWSER, openDesks } from '../support/browser.ts';
import type { Desks } from '../support/browser.ts';
import { makeNotary } from '../support/notary.ts';
import type { TestNotary } from '../support/notary.ts';
import { makeWorld, newId, PARCEL } from '../support/world.ts';
import type { World } from '../support/world.ts';

let world: World;
let notary: TestNotary;
let desks: Desks;
let code: string;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  world = await makeWorld({
    signing: async (clock) => {
      notary = await makeNotary(clock);
      return { notary: notary.notary, promise: signerOf('niem.example/test/promise', ED25519, newSeed()), head_every_ms: 0 };
    },
  });
  code = await world.accepted(PARCEL);
  await world.post('CLERK', { kind: 'seen', code, facts: {} });
  await world.keepLog();
  desks = await openDesks(world);
});
afterAll(async () => {
  await desks?.end();
  await world?.end();
  notary?.end();
});

describe.skipIf(NO_BROWSER !== null)(`the inspector's desk${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test('shows the proof and the self-check, answers a question, and gives out a bundle that verifies', async () => {
    const { page } = await desks.open({ badge: 'INSPECTOR' });
    await page.waitForSelector('text=Máy chủ tự kiểm');
    await page.waitForSelector('text=Mọi chốt chặn sửa, xóa đang bật');
    await page.getByText('Ai đã động đến', { exact: true }).click();
    await page.fill('input[name=asked]', code);
    await page.waitForSelector('text=Ai đã động đến bưu gửi hoặc túi này?');
    expect(await page.innerText('section[aria-label="Hỏi sổ"]')).toContain('CLERK');
    await page.fill('input[name=bundle]', code);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /Tải hồ sơ của/ }).click()]);
    expect(download.suggestedFilename()).toMatch(new RegExp(`^${code}-\\d+\\.niem$`));
    const verdict = await checkStream(checker({ hash: sha256, verify: verifySignature }, { policy: null, head: null }), [readFileSync(await download.path())]);
    expect(verdict.shown.filter((one) => one.code === code).length).toBe(2);
    expect(await axe(page)).toEqual([]);
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/inspector.png`, fullPage: true });
  });

  test('gives out the dossier from the item itself, and a casefile to a party of it; who may not take one sees no button', async () => {
    const opened = await world.call('POST', '/api/cases', { token: await world.as('DUTYOFFICER'), body: { entry_id: newId(), facts: { source: 'tip', severity: 'low', unit_codes: [code] } } });
    expect(opened.status, opened.text).toBe(201);
    await world.keepLog();
    const taken = async (to: string, name: RegExp) => {
      const { page } = await desks.open({ badge: 'DUTYOFFICER', path: to });
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return checkStream(checker({ hash: sha256, verify: verifySignature }, { policy: null, head: null }), [readFileSync(await download.path())]);
    };
    expect(await taken(`/desk/item/${code}`, /Tải hồ sơ chứng cứ/)).toMatchObject({ subject: { kind: 'unit' }, units: 1 });
    expect(await taken('/desk/verify', /Tải vụ việc VV-/)).toMatchObject({ subject: { kind: 'casefile', ref: opened.body.casefile_id }, redacted: 0 });
    const clerk = await desks.open({ badge: 'CLERK', path: `/desk/item/${code}` });
    await clerk.page.getByRole('button', { name: /In phiếu bàn giao/ }).waitFor();
    expect(await clerk.page.getByRole('button', { name: /Tải hồ sơ chứng cứ/ }).count()).toBe(0);
  });
});
