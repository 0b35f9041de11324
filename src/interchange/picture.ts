// Pictures as evidence, and signed papers: what the bytes are, decoded within bounds and made anew for viewing, without what cameras write beside the
// picture. What comes in is hostile until it has come out of here. Node only.

import sharp from 'sharp';
import type { Metadata } from 'sharp';
import { Refused } from '../base/refusal.ts';

export type PictureType = 'image/jpeg' | 'image/png' | 'image/webp';
export type PaperType = 'application/pdf' | PictureType;
export type Picture = { media_type: PictureType; width: number; height: number; view: Uint8Array };

export const PICTURE_BYTES_MAX = 12 * 1024 * 1024;
const PIXELS_MAX = 40_000_000;
const SIDE_MAX = 16_000;
const VIEW_SIDE = 1_600;
const SECONDS_MAX = 20;

// libvips reads some forty formats; hostile files come as the odd ones. One decoder at a time, nothing kept between two files.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'] });
sharp.cache(false);
sharp.concurrency(1);

const unreadable = (problem_vi: string, problem_en: string): Refused => new Refused('file_unreadable', { problem_vi, problem_en });

/** By the first bytes, whatever the name or the header said. */
function typeOf(bytes: Uint8Array): PictureType | null {
  const at = (from: number, ...wanted: number[]): boolean => wanted.every((byte, i) => bytes[from + i] === byte);
  if (at(0, 0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (at(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png';
  if (at(0, 0x52, 0x49, 0x46, 0x46) && at(8, 0x57, 0x45, 0x42, 0x50)) return 'image/webp';
  return null;
}

/** Throws a Refused on anything but a whole JPEG, PNG or WebP picture of a bearable size. */
export async function readPicture(bytes: Uint8Array): Promise<Picture> {
  if (bytes.length > PICTURE_BYTES_MAX) throw new Refused('body_too_large', { limit_kib: PICTURE_BYTES_MAX / 1024 });
  const media_type = typeOf(bytes);
  if (media_type === null) throw unreadable('không phải ảnh JPEG, PNG hoặc WebP', 'it is no JPEG, PNG or WebP picture');
  const options = { limitInputPixels: PIXELS_MAX, failOn: 'warning', sequentialRead: true, pages: 1 } as const;
  let told: Metadata;
  try {
    told = await sharp(bytes, options).metadata();
  } catch {
    throw unreadable('ảnh hỏng hoặc quá lớn', 'the picture is broken or too large');
  }
  const { format, width, height, pages = 1 } = told;
  if (`image/${format}` !== media_type || pages > 1) throw unreadable('phải là một ảnh tĩnh', 'it must be one still picture');
  if (width > SIDE_MAX || height > SIDE_MAX || width * height > PIXELS_MAX) throw unreadable('kích thước ảnh quá lớn', 'the picture has too many pixels');
  try {
    // Turned as the camera said, then everything that the camera said is gone: place, time, serial number, thumbnail.
    const view = await sharp(bytes, options).rotate().resize({ width: VIEW_SIDE, height: VIEW_SIDE, fit: 'inside', withoutEnlargement: true }).flatten({ background: '#ffffff' }).jpeg({ quality: 82 }).timeout({ seconds: SECONDS_MAX }).toBuffer();
    return { media_type, width, height, view: new Uint8Array(view) };
  } catch {
    throw unreadable('ảnh hỏng', 'the picture is broken');
  }
}

/** What kind of file a signed paper came back as. Throws a Refused on anything but a whole PDF or a picture as above. Of a PDF the ends alone are looked at: it is never shown, only given back. */
export async function readPaper(bytes: Uint8Array): Promise<PaperType> {
  if (bytes.length > PICTURE_BYTES_MAX) throw new Refused('body_too_large', { limit_kib: PICTURE_BYTES_MAX / 1024 });
  const text = (from: number, to?: number): string => String.fromCharCode(...bytes.subarray(from, to));
  if (text(0, 5) === '%PDF-') {
    if (!text(Math.max(0, bytes.length - 1024)).includes('%%EOF')) throw unreadable('tệp PDF bị cắt mất phần cuối', 'the end of the PDF is missing');
    return 'application/pdf';
  }
  if (typeOf(bytes) === null) throw unreadable('không phải PDF, ảnh JPEG, PNG hoặc WebP', 'it is no PDF and no JPEG, PNG or WebP picture');
  return (await readPicture(bytes)).media_type;
}
