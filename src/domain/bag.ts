// Bags and their numbers, made as UPU S9 makes them: a missing bag shows from the labels alone.
//
//   origin (6) destination (6) class (3: AKT for KT1, AUN for ordinary mail) year (1) trip (4) serial (3)     = 23, the unit's number
//   last of trip (1) marked A or B inside (1) gross weight in 0.1 kg (4)                                      + 6, on the sealed label

export type Mail = 'kt1' | 'ordinary';
export const MAIL_WORDS = { kt1: ['KT1', 'KT1'], ordinary: ['bưu gửi thường', 'ordinary mail'] } as const;

const CLASS: { readonly [M in Mail]: string } = { kt1: 'AKT', ordinary: 'AUN' };

export type BagNumber = {
  origin_office_code: string;
  destination_office_code: string;
  mail: Mail;
  year_digit: number;
  trip_no: number;
  serial: number;
};

export function bagCode(bag: Omit<BagNumber, 'year_digit'> & { trip_year: number }): string {
  const digits = `${bag.trip_year % 10}${String(bag.trip_no).padStart(4, '0')}${String(bag.serial).padStart(3, '0')}`;
  return `${bag.origin_office_code}${bag.destination_office_code}${CLASS[bag.mail]}${digits}`;
}

const BAG = /^([0-9A-Z]{6})([0-9A-Z]{6})(AKT|AUN)([0-9])([0-9]{4})([0-9]{3})$/;
const LABEL = /^([0-9A-Z]{23})([01])([01])([0-9]{4})$/;

/** The number's parts, or null when it is no bag number. */
export function readBagCode(code: string): BagNumber | null {
  const match = BAG.exec(code);
  if (!match) return null;
  const [, origin = '', destination = '', letters, year, trip, serial] = match;
  return {
    origin_office_code: origin,
    destination_office_code: destination,
    mail: letters === CLASS.kt1 ? 'kt1' : 'ordinary',
    year_digit: Number(year),
    trip_no: Number(trip),
    serial: Number(serial),
  };
}

/** What stands on the label of a sealed bag: 29 characters. */
export function bagLabel(code: string, last_of_trip: boolean, marked: boolean, gross_g: number): string {
  return `${code}${last_of_trip ? 1 : 0}${marked ? 1 : 0}${String(Math.min(9999, Math.round(gross_g / 100))).padStart(4, '0')}`;
}

/** The unit's number in what was scanned from a sealed bag's label; anything else stays as it is. */
export function bagUnitCode(scanned: string): string {
  const match = LABEL.exec(scanned);
  return match && readBagCode(match[1] ?? '') ? (match[1] ?? scanned) : scanned;
}

export type TripNumber = { from_office_code: string; to_office_code: string; mail: Mail; trip_year: number; trip_no: number };

/** A trip as a difference between two offices names it. */
export const tripCode = (trip: TripNumber): string =>
  ['CT', trip.from_office_code, trip.to_office_code, trip.mail.toUpperCase(), trip.trip_year, String(trip.trip_no).padStart(4, '0')].join(
    '-',
  );

/** Serials missing from a trip whose last bag is known, from the serials that arrived. Null: the last one is not among them. */
export function missingSerials(arrived: readonly number[], last: number | null): number[] | null {
  if (last === null) return null;
  const seen = new Set(arrived);
  return Array.from({ length: last }, (_, i) => i + 1).filter((serial) => !seen.has(serial));
}

/** Which of up to three items explain a gap in weight, to within the scale's tolerance; empty: none. */
export function explainGap(gap_g: number, missing: readonly { code: string; weight_g: number }[], tolerance_g = 5): string[] {
  if (gap_g <= tolerance_g) return [];
  const fits = (sum: number): boolean => Math.abs(sum - gap_g) <= tolerance_g;
  const list = missing.slice(0, 60);
  for (const a of list) if (fits(a.weight_g)) return [a.code];
  for (const [i, a] of list.entries()) for (const b of list.slice(i + 1)) if (fits(a.weight_g + b.weight_g)) return [a.code, b.code];
  for (const [i, a] of list.entries())
    for (const [j, b] of list.slice(i + 1).entries())
      for (const c of list.slice(i + j + 2)) if (fits(a.weight_g + b.weight_g + c.weight_g)) return [a.code, b.code, c.code];
  return [];
}
