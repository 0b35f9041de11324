// Who may handle what is marked A, B or C. Apart from the roles, so that a desk can ask without loading their catalogue.

export type Clearance = 'NONE' | 'C' | 'B' | 'A';
const CLEARANCE_ORDER: readonly Clearance[] = ['NONE', 'C', 'B', 'A'];

/** Whether a clearance covers an outer mark. */
export function clears(clearance: Clearance, mark: Clearance): boolean {
  return CLEARANCE_ORDER.indexOf(clearance) >= CLEARANCE_ORDER.indexOf(mark);
}
