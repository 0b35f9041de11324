// Labels as files, on Node only: PDF with real text, and PNG in the whole dots of a label printer.
// Draws what label.ts laid out and decides nothing itself. The same layout gives the same bytes.

import { createRequire } from 'node:module';
import { crc32 } from 'node:zlib';
import { Resvg } from '@resvg/resvg-js';
import PDFDocument from 'pdfkit';
import { barsOf, labelSvg } from './label.ts';
import type { Code, Layout, Rect } from './label.ts';

const require = createRequire(import.meta.url);
const FONTS = {
  400: require.resolve('@expo-google-fonts/be-vietnam-pro/400Regular/BeVietnamPro_400Regular.ttf'),
  700: require.resolve('@expo-google-fonts/be-vietnam-pro/700Bold/BeVietnamPro_700Bold.ttf'),
};

/** Dots per millimetre. What is sold as 203 dpi is 8 dots to the millimetre. */
const DOTS = { 203: 8, 300: 300 / 25.4 };
type Dpi = keyof typeof DOTS;

const POINTS = 72 / 25.4;
/** The PDF carries no clock and no machine: two prints of one label are one file. */
const INFO = { Creator: 'Niêm', Producer: 'pdfkit', CreationDate: new Date(0) };

/** One page per layout, of exactly its size. */
export async function labelPdf(layouts: Layout[], title = 'Nhãn bưu gửi'): Promise<Uint8Array> {
  const document = new PDFDocument({
    autoFirstPage: false,
    info: { ...INFO, Title: title },
    lang: 'vi',
    pdfVersion: '1.7',
  });
  const chunks: Uint8Array[] = [];
  const ended = new Promise((resolve, reject) => document.on('end', resolve).on('error', reject));
  document.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  for (const [weight, file] of Object.entries(FONTS)) document.registerFont(weight, file);
  for (const layout of layouts) drawPage(document, layout);
  document.end();
  await ended;
  return new Uint8Array(Buffer.concat(chunks));
}

function drawPage(document: PDFKit.PDFDocument, layout: Layout): void {
  document.addPage({ size: [layout.width * POINTS, layout.height * POINTS], margin: 0 });
  for (const rects of [layout.rects, ...layout.codes.map(barsOf)]) {
    for (const [x, y, width, height] of rects) {
      document.rect(x * POINTS, y * POINTS, width * POINTS, height * POINTS);
    }
    document.fill('black');
  }
  for (const run of layout.texts) {
    document
      .font(String(run.weight))
      .fontSize(run.size * POINTS)
      .fillColor(run.inverse ? 'white' : 'black');
    const share = { start: 0, middle: 0.5, end: 1 }[run.anchor];
    const x = run.x * POINTS - share * document.widthOfString(run.text);
    document.text(run.text, x, run.y * POINTS, { lineBreak: false, baseline: 'alphabetic' });
  }
}

/** The label as a label printer's dots: every bar and frame is a whole number of them. */
export function labelPng(layout: Layout, dpi: Dpi): Uint8Array {
  const dots = DOTS[dpi];
  const svg = labelSvg(inDots(layout, dots));
  const image = new Resvg(svg, {
    dpi: dots * 25.4,
    font: { loadSystemFonts: false, fontFiles: Object.values(FONTS), defaultFontFamily: 'Be Vietnam Pro' },
  }).render();
  return withResolution(image.asPng(), Math.round(dots * 1000));
}

/** The same label with bars, modules and frames moved and rounded to whole dots; symbols keep their centre. */
function inDots(layout: Layout, dots: number): Layout {
  const whole = (length: number): number => Math.round(length * dots) / dots;
  const wide = (length: number): number => Math.max(1 / dots, whole(length));
  const rect = ([x, y, width, height]: Rect): Rect => {
    const [left, top] = [whole(x), whole(y)];
    return [left, top, wide(x + width - left), wide(y + height - top)];
  };
  const code = (given: Code): Code => {
    const [module_width, module_height] = [wide(given.module_width), wide(given.module_height)];
    const x = whole(given.x + (given.columns * (given.module_width - module_width)) / 2);
    const y = whole(given.y + (given.rows * (given.module_height - module_height)) / 2);
    return { ...given, x, y, module_width, module_height };
  };
  return { ...layout, rects: layout.rects.map(rect), codes: layout.codes.map(code) };
}

/** A PNG that says how large it is, so that it prints at its size: a pHYs chunk after the header. */
function withResolution(png: Uint8Array, dotsPerMetre: number): Uint8Array {
  const headerEnd = 33;
  const chunk = Buffer.alloc(21);
  chunk.writeUInt32BE(9, 0);
  chunk.write('pHYs', 4, 'latin1');
  chunk.writeUInt32BE(dotsPerMetre, 8);
  chunk.writeUInt32BE(dotsPerMetre, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return new Uint8Array(Buffer.concat([png.subarray(0, headerEnd), chunk, png.subarray(headerEnd)]));
}
