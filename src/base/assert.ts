// Defects: things that can only happen when this program is wrong. User errors are refusals (refusal.ts).
// A failed assertion becomes a 500 with a request id and no details.

export class Defect extends Error {
  override name = 'Defect';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Defect(message);
}

/** Value of an index or look-up that cannot be missing. */
export function present<T>(value: T | null | undefined, message: string): T {
  if (value === null || value === undefined) throw new Defect(message);
  return value;
}
