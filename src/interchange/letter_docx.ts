// An official letter for a word processor (DOCX), on Node only, in the layout of letter_pdf.ts: the bodies' own people may still
// change a word before it is signed. Times New Roman, as the clerical rules want.

import { AlignmentType, BorderStyle, Document, Footer, Packer, Paragraph, Table, TableCell, TableRow, TextRun, WidthType } from 'docx';
import type { ITableCellOptions } from 'docx';
import { NATION, placeAndDate } from './letter.ts';
import type { Block, Letter } from './letter.ts';

/** Twentieths of a point in a millimetre. */
const MM = 56.6929;
/** Of the width between the margins, for word processors that do not take per cent. */
const share = (of: number): number => Math.round(162 * MM * of);
const FONT = 'Times New Roman';
type Style = { bold?: boolean; italics?: boolean; size?: number; underline?: Record<string, never> };
type Align = (typeof AlignmentType)[keyof typeof AlignmentType];

const run = (text: string, style: Style = {}): TextRun => new TextRun({ text, font: FONT, size: (style.size ?? 13) * 2, ...without(style) });
const without = ({ size: _, ...style }: Style) => style;
const paragraph = (text: string, alignment: Align, style: Style = {}, indent = 0): Paragraph =>
  new Paragraph({ alignment, children: [run(text, style)], spacing: { after: 80, line: 276 }, indent: { firstLine: indent } });

const NO_LINE = { style: BorderStyle.NONE, size: 0, color: 'FFFFFF' };
const NO_LINES = { top: NO_LINE, bottom: NO_LINE, left: NO_LINE, right: NO_LINE };
const cell = (children: Paragraph[], width: number, more: Partial<ITableCellOptions> = {}): TableCell => new TableCell({ children, width: { size: width, type: WidthType.PERCENTAGE }, ...more });
/** Two columns without lines: the head and the foot of a letter. */
const columns = (left: Paragraph[], right: Paragraph[]): Table =>
  new Table({ columnWidths: [0.42, 0.58].map(share), width: { size: 100, type: WidthType.PERCENTAGE }, borders: { ...NO_LINES, insideHorizontal: NO_LINE, insideVertical: NO_LINE }, rows: [new TableRow({ children: [cell(left, 42, { borders: NO_LINES }), cell(right, 58, { borders: NO_LINES })] })] });

export async function letterDocx(letter: Letter): Promise<Uint8Array> {
  const { CENTER } = AlignmentType;
  const document = new Document({
    creator: 'Niêm',
    title: `${letter.kind_vi} ${letter.subject}`,
    sections: [
      {
        properties: { page: { size: { width: Math.round(210 * MM), height: Math.round(297 * MM) }, margin: { top: Math.round(20 * MM), bottom: Math.round(20 * MM), left: Math.round(30 * MM), right: Math.round(18 * MM) } } },
        footers: { default: new Footer({ children: [new Paragraph({ children: [run(letter.foot, { size: 8 })] })] }) },
        children: [
          columns(
            [
              ...(letter.over_vi === null ? [] : [paragraph(letter.over_vi.toLocaleUpperCase('vi'), CENTER)]),
              paragraph(letter.issuer_vi.toLocaleUpperCase('vi'), CENTER, { bold: true, underline: {} }),
              paragraph(`Số: ${letter.number ?? '        /BC-'}`, CENTER),
            ],
            [paragraph(NATION[0], CENTER, { bold: true }), paragraph(NATION[1], CENTER, { bold: true, underline: {} }), paragraph(placeAndDate(letter.place_vi, letter.on), CENTER, { italics: true })],
          ),
          ...(letter.number === null ? [paragraph('DỰ THẢO', CENTER, { bold: true, italics: true })] : [paragraph('', CENTER)]),
          paragraph(letter.kind_vi, CENTER, { bold: true, size: 14 }),
          paragraph(letter.subject, CENTER, { bold: true }),
          paragraph(`Kính gửi: ${letter.to.join('; ')}`, CENTER),
          ...letter.blocks.flatMap(blockOf),
          paragraph('', CENTER),
          columns(
            [paragraph('Nơi nhận:', AlignmentType.LEFT, { bold: true, italics: true, size: 12 }), ...letter.recipients.map((recipient, i) => paragraph(`- ${recipient}${i === letter.recipients.length - 1 ? '.' : ';'}`, AlignmentType.LEFT, { size: 11 }))],
            [paragraph(letter.signer_title.toLocaleUpperCase('vi'), CENTER, { bold: true }), ...Array.from({ length: 3 }, () => paragraph('', CENTER)), paragraph(letter.signer_name ?? '', CENTER, { bold: true })],
          ),
        ],
      },
    ],
  });
  return new Uint8Array(await Packer.toBuffer(document));
}

function blockOf(block: Block): (Paragraph | Table)[] {
  const { LEFT, CENTER, RIGHT, JUSTIFIED } = AlignmentType;
  if (block.block !== 'table') {
    const text = block.block === 'item' ? `- ${block.text}` : block.text;
    return [paragraph(text, block.block === 'heading' ? LEFT : JUSTIFIED, { bold: block.block === 'heading' }, 567)];
  }
  const row = (cells: readonly string[], head: boolean): TableRow =>
    new TableRow({ tableHeader: head, children: cells.map((text, i) => cell([paragraph(text, head ? CENTER : /^[\d.]+$/.test(text) ? RIGHT : LEFT, { bold: head, size: 12 })], Math.round((block.widths[i] ?? 0) * 100))) });
  return [new Table({ columnWidths: block.widths.map(share), width: { size: 100, type: WidthType.PERCENTAGE }, rows: [row(block.head, true), ...block.rows.map((cells) => row(cells, false))] }), paragraph('', LEFT)];
}
