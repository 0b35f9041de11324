// An official letter in the layout that Vietnamese offices use: names of the bodies and the national title side by side, number and
// place and date, the kind of letter, to whom, the text, recipients and signature side by side. What it says; how it is drawn on paper
// or in a word processor is letter_pdf.ts and letter_docx.ts.

export type Block =
  | { block: 'heading'; text: string }
  | { block: 'line'; text: string }
  | { block: 'item'; text: string }
  | { block: 'table'; head: readonly string[]; widths: readonly number[]; rows: readonly (readonly string[])[] };

export type Letter = {
  /** Body above the one that signs; null: none. */
  over_vi: string | null;
  issuer_vi: string;
  /** null: a draft. */
  number: string | null;
  place_vi: string;
  /** Civil day; null: a draft. */
  on: string | null;
  kind_vi: string;
  subject: string;
  to: readonly string[];
  blocks: readonly Block[];
  recipients: readonly string[];
  signer_title: string;
  signer_name: string | null;
  /** At the foot of each page: what proves the figures. */
  foot: string;
};

export const NATION = ['CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 'Độc lập - Tự do - Hạnh phúc'] as const;

/** `Lạng Sơn, ngày 22 tháng 01 năm 2021`; days below 10 and the first two months with a leading zero, as the clerical rules want. */
export function placeAndDate(place_vi: string, on: string | null): string {
  if (on === null) return `${place_vi}, ngày … tháng … năm …`;
  const [year = '', month = '', day = ''] = on.split('-');
  return `${place_vi}, ngày ${day} tháng ${Number(month) > 2 ? Number(month) : month} năm ${year}`;
}

/** 12345 -> 12.345 */
export const thousands = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, '.');
