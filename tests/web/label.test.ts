// Labels as the browser prints them: one page of the right size, both symbols read back at 203 and 300 dpi, no secrecy words.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { axe, NO_BROWSER, openDesks, wedge } from '../support/browser.ts';
import type { Desks } from '../support/browser.ts';
import { DONG_DANG, KT1_LETTER } from '../support/world.ts';

prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'))).buffer } });

let desks: Desks;
const dir = mkdtempSync(path.join(tmpdir(), 'niem-label-'));
beforeAll(async () => {
  if (NO_BROWSER === null) desks = await openDesks();
});
afterAll(async () => {
  await desks?.end();
  rmSync(dir, { recursive: true });
});

/** null: pdftoppm is not installed. */
async function decoded(pdf: Buffer, dpi: number): Promise<{ pages: number; read: { format: string; text: string }[] } | null> {
  const file = path.join(dir, `label-${dpi}.pdf`);
  writeFileSync(file, pdf);
  try {
    execFileSync('pdftoppm', ['-r', String(dpi), '-png', file, path.join(dir, `page-${dpi}`)]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const pages = readdirSync(dir).filter((name) => name.startsWith(`page-${dpi}`));
  const found = await readBarcodes(new Uint8Array(readFileSync(path.join(dir, pages[0] ?? ''))), { formats: ['Code128', 'DataMatrix'], tryHarder: true });
  for (const name of pages) rmSync(path.join(dir, name));
  return { pages: pages.length, read: found.map(({ format, text }) => ({ format, text })) };
}

describe.skipIf(NO_BROWSER !== null)(`labels on paper${NO_BROWSER === null ? '' : ` (left out: ${NO_BROWSER})`}`, () => {
  test.for([['80x50', 80, 50], ['100x150', 100, 150]] as const)('%s: printed from the screen, read back, then proven by its own scan', async ([size, width, height], context) => {
    const code = await desks.world.accepted(KT1_LETTER);
    const desk = await desks.open({ enrolled: DONG_DANG, badge: 'CLERK', path: '/desk/label' });
    const { page } = desk;
    await page.evaluate('window.print = () => { window.printed = true; }');
    if (size === '100x150') await page.getByText('100 × 150 mm').click();
    await wedge(desk, code);
    await page.getByRole('button', { name: /In nhãn/ }).click();
    await page.waitForFunction(() => 'printed' in window);
    expect(await axe(page)).toEqual([]);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    const box = /MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/.exec(pdf.toString('latin1'));
    expect(Math.abs((Number(box?.[1]) * 25.4) / 72 - width)).toBeLessThan(0.5);
    expect(Math.abs((Number(box?.[2]) * 25.4) / 72 - height)).toBeLessThan(0.5);
    for (const dpi of [203, 300]) {
      const paper = await decoded(pdf, dpi);
      if (paper === null) return context.skip('pdftoppm (poppler-utils) is not installed');
      expect(paper.pages).toBe(1);
      expect(paper.read.find(({ format }) => format === 'Code128')?.text).toBe(code);
      expect(paper.read.find(({ format }) => format === 'DataMatrix')?.text).toMatch(new RegExp(`^${code}\\.[A-Z2-7]{13}$`));
    }
    const words = (await page.textContent('#print')) ?? '';
    expect(words).not.toMatch(/mật/i);
    expect(words).toBe(words.normalize('NFC'));
    await page.waitForTimeout(1_600);
    await wedge(desk, code);
    await page.waitForSelector('.label-card.confirmed');
    await desk.context.close();
  });

  test('each of the 134 Vietnamese letters is drawn by our own fonts, and looks like no other', async () => {
    const { page, context } = await desks.open({ enrolled: DONG_DANG, badge: 'CLERK', path: '/desk/label' });
    await page.waitForSelector('main h1');
    const vowels = ['a', 'ă', 'â', 'e', 'ê', 'i', 'o', 'ô', 'ơ', 'u', 'ư', 'y'].flatMap((base) => ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323'].map((tone) => (base + tone).normalize('NFC')));
    // What is a letter of its own beside plain ASCII: 67 small ones and as many capitals.
    const letters = [...vowels.filter((letter) => letter > 'z'), 'đ'].flatMap((letter) => [letter, letter.toUpperCase()]);
    expect(letters).toHaveLength(134);
    for (const font of ['400 48px Label', '700 48px Label', "400 48px 'Be Vietnam Pro'"]) {
      const drawn = await page.evaluate(async ({ font: named, letters: all }) => {
        await document.fonts.load(named, all.join(''));
        const canvas = new OffscreenCanvas(80, 100);
        const context2d = canvas.getContext('2d', { willReadFrequently: true });
        const draw = (letter: string, fallback: string): string => {
          if (!context2d) throw new Error('no canvas');
          context2d.clearRect(0, 0, 80, 100);
          context2d.font = `${named}, ${fallback}`;
          context2d.fillText(letter, 10, 70);
          return context2d.getImageData(0, 0, 80, 100).data.filter((_, i) => i % 4 === 3).join();
        };
        return all.map((letter) => ({ letter, ours: draw(letter, 'serif') === draw(letter, 'monospace'), picture: draw(letter, 'serif'), plain: draw(letter.normalize('NFD').charAt(0).replace('đ', 'd').replace('Đ', 'D'), 'serif') }));
      }, { font, letters });
      expect(drawn.filter(({ ours }) => !ours).map(({ letter }) => letter), `${font}: letters it has not`).toEqual([]);
      expect(drawn.filter(({ picture, plain }) => picture === plain && picture !== '').map(({ letter }) => letter), `${font}: letters without their marks`).toEqual([]);
      expect(new Set(drawn.map(({ picture }) => picture)).size, `${font}: letters that look alike`).toBe(134);
    }
    await context.close();
  });
});
