// An official letter as PDF, on Node only: A4 with the margins of the clerical rules, whole fonts, so that every Vietnamese letter is
// there and the text can be copied. Carries no clock: the same letter gives the same bytes.

import { createRequire } from 'node:module';
import PDFDocument from 'pdfkit';
import { NATION, placeAndDate } from './letter.ts';
import type { Block, Letter } from './letter.ts';

const require = createRequire(import.meta.url);
const font = (name: string): string => require.resolve(`@expo-google-fonts/be-vietnam-pro/${name}.ttf`);
const FONTS = {
  plain: font('400Regular/BeVietnamPro_400Regular'),
  bold: font('700Bold/BeVietnamPro_700Bold'),
  italic: font('400Regular_Italic/BeVietnamPro_400Regular_Italic'),
  bold_italic: font('700Bold_Italic/BeVietnamPro_700Bold_Italic'),
};

const MM = 72 / 25.4;
const [WIDTH, HEIGHT] = [210 * MM, 297 * MM];
const MARGIN = { top: 20 * MM, bottom: 22 * MM, left: 30 * MM, right: 18 * MM };
const INNER = WIDTH - MARGIN.left - MARGIN.right;
/** The left column of the head takes 42 % of the width. */
const HALF = INNER * 0.42;
const SIZE = 11.5;
const INFO = { Creator: 'Niêm', Producer: 'pdfkit', CreationDate: new Date(0) };

type Pen = PDFKit.PDFDocument;
type Run = { font: keyof typeof FONTS; size: number; align?: 'left' | 'center' | 'right' | 'justify'; indent?: number };

export async function letterPdf(letter: Letter): Promise<Uint8Array> {
  const pen = new PDFDocument({ size: 'A4', margins: MARGIN, info: { ...INFO, Title: `${letter.kind_vi} ${letter.subject}` }, lang: 'vi', pdfVersion: '1.7', bufferPages: true });
  const chunks: Uint8Array[] = [];
  const ended = new Promise((resolve, reject) => pen.on('end', resolve).on('error', reject));
  pen.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  for (const [name, file] of Object.entries(FONTS)) pen.registerFont(name, file);
  drawHead(pen, letter);
  for (const block of letter.blocks) drawBlock(pen, block);
  drawSignature(pen, letter);
  drawFeet(pen, letter);
  pen.end();
  await ended;
  return new Uint8Array(Buffer.concat(chunks));
}

/** Text in a box; returns where it ends. */
function write(pen: Pen, text: string, [x, y, width]: [number, number, number], run: Run): number {
  pen.font(run.font).fontSize(run.size).fillColor('black');
  const options = { width, align: run.align ?? 'left', indent: run.indent ?? 0, lineGap: 1.5 } as const;
  pen.text(text, x, y, options);
  return pen.y;
}

const heightOf = (pen: Pen, text: string, width: number, run: Run): number =>
  pen.font(run.font).fontSize(run.size).heightOfString(text, { width, indent: run.indent ?? 0, lineGap: 1.5 });

function ruleUnder(pen: Pen, x: number, y: number, width: number): void {
  pen.moveTo(x - width / 2, y).lineTo(x + width / 2, y).lineWidth(0.7).stroke('black');
}

function drawHead(pen: Pen, letter: Letter): void {
  const [left, right, wide] = [MARGIN.left, MARGIN.left + HALF + 6, INNER - HALF - 6];
  let [l, r] = [MARGIN.top, MARGIN.top];
  if (letter.over_vi !== null) l = write(pen, letter.over_vi.toLocaleUpperCase('vi'), [left, l, HALF], { font: 'plain', size: 10.5, align: 'center' });
  l = write(pen, letter.issuer_vi.toLocaleUpperCase('vi'), [left, l, HALF], { font: 'bold', size: 10.5, align: 'center' });
  ruleUnder(pen, left + HALF / 2, l + 1, HALF * 0.4);
  r = write(pen, NATION[0], [right, r, wide], { font: 'bold', size: 10.5, align: 'center' });
  r = write(pen, NATION[1], [right, r, wide], { font: 'bold', size: 11, align: 'center' });
  pen.font('bold').fontSize(11);
  ruleUnder(pen, right + wide / 2, r + 1, pen.widthOfString(NATION[1]));
  const y = Math.max(l, r) + 9;
  write(pen, `Số: ${letter.number ?? '        /BC-'}`, [left, y, HALF], { font: 'plain', size: SIZE, align: 'center' });
  write(pen, placeAndDate(letter.place_vi, letter.on), [right, y, wide], { font: 'italic', size: SIZE, align: 'center' });
  let end = pen.y + 16;
  if (letter.number === null) end = write(pen, 'DỰ THẢO', [left, end - 8, INNER], { font: 'bold_italic', size: SIZE, align: 'center' }) + 4;
  end = write(pen, letter.kind_vi, [left, end, INNER], { font: 'bold', size: 13.5, align: 'center' });
  end = write(pen, letter.subject, [left + 20, end, INNER - 40], { font: 'bold', size: SIZE + 0.5, align: 'center' });
  ruleUnder(pen, left + INNER / 2, end + 2, INNER * 0.25);
  end = write(pen, `Kính gửi: ${letter.to.join('; ')}`, [left, end + 16, INNER], { font: 'plain', size: SIZE + 0.5, align: 'center' });
  pen.y = end + 10;
}

/** A new page unless `height` still fits. */
function keep(pen: Pen, height: number): void {
  if (pen.y + height > HEIGHT - MARGIN.bottom) pen.addPage();
}

function drawBlock(pen: Pen, block: Block): void {
  if (block.block === 'table') return drawTable(pen, block);
  const run: Run = block.block === 'heading' ? { font: 'bold', size: SIZE, indent: 24 } : { font: 'plain', size: SIZE, align: 'justify', indent: 24 };
  const text = block.block === 'item' ? `- ${block.text}` : block.text;
  // A heading never stands alone at the foot of a page.
  keep(pen, heightOf(pen, text, INNER, run) + (block.block === 'heading' ? 60 : 0));
  pen.y = write(pen, text, [MARGIN.left, pen.y + (block.block === 'heading' ? 5 : 0), INNER], run) + 4;
}

function drawTable(pen: Pen, table: Extract<Block, { block: 'table' }>): void {
  const row = (cells: readonly string[], head: boolean): void => {
    const run: Run = { font: head ? 'bold' : 'plain', size: 10.5 };
    const widths = table.widths.map((share) => share * INNER);
    const height = Math.max(...cells.map((cell, i) => heightOf(pen, cell, (widths[i] ?? 0) - 10, run))) + 6;
    const page = pen.page;
    keep(pen, height);
    // On the next page the columns are named again.
    if (pen.page !== page && !head) row(table.head, true);
    const top = pen.y;
    let x = MARGIN.left;
    for (const [i, cell] of cells.entries()) {
      const width = widths[i] ?? 0;
      pen.rect(x, top, width, height).lineWidth(0.5).stroke('black');
      write(pen, cell, [x + 5, top + 3, width - 10], { ...run, align: head ? 'center' : i > 0 && /^[\d.]+$/.test(cell) ? 'right' : 'left' });
      x += width;
    }
    pen.y = top + height;
  };
  row(table.head, true);
  for (const cells of table.rows) row(cells, false);
  pen.y += 6;
}

function drawSignature(pen: Pen, letter: Letter): void {
  keep(pen, 130);
  const top = pen.y + 10;
  let y = write(pen, 'Nơi nhận:', [MARGIN.left, top, HALF], { font: 'bold_italic', size: 10.5 });
  for (const recipient of letter.recipients) y = write(pen, `- ${recipient};`.replace(/;$/, recipient === letter.recipients.at(-1) ? '.' : ';'), [MARGIN.left, y, HALF], { font: 'plain', size: 9.5 });
  const [x, width] = [MARGIN.left + HALF, INNER - HALF];
  y = write(pen, letter.signer_title.toLocaleUpperCase('vi'), [x, top, width], { font: 'bold', size: SIZE, align: 'center' });
  if (letter.signer_name !== null) y = write(pen, letter.signer_name, [x, y + 62, width], { font: 'bold', size: SIZE, align: 'center' });
  pen.y = y;
}

/** Page numbers from the second page on, and on each what proves the figures. */
function drawFeet(pen: Pen, letter: Letter): void {
  const { count } = pen.bufferedPageRange();
  for (let i = 0; i < count; i++) {
    pen.switchToPage(i);
    pen.page.margins.bottom = 0;
    pen.font('plain').fontSize(7.5).text(letter.foot, MARGIN.left, HEIGHT - 14 * MM, { width: INNER, lineBreak: false });
    if (i > 0) pen.fontSize(10).text(String(i + 1), MARGIN.left, 10 * MM, { width: INNER, align: 'center', lineBreak: false });
  }
}
