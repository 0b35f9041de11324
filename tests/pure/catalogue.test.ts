// The catalogue of checkpoints is whole: whatever it names exists, whoever must do a step can, and no unit is ever stuck.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { CHECKPOINTS } from '../../src/domain/checkpoint.ts';
import { FLAGS } from '../../src/domain/decide.ts';
import { FACTS } from '../../src/domain/facts.ts';
import type { Kind } from '../../src/domain/facts.ts';
import { PERMISSIONS, ROLES } from '../../src/domain/role.ts';
import type { Permission, Role } from '../../src/domain/role.ts';
import { BAG_STATES, FINAL_STATES, ITEM_STATES, STATES } from '../../src/domain/state.ts';
import type { State } from '../../src/domain/state.ts';

const KINDS = Object.keys(CHECKPOINTS) as Kind[];
const ROLE_NAMES = Object.keys(ROLES) as Role[];
const entries = KINDS.map((kind) => ({ kind, ...CHECKPOINTS[kind] }));
const rolesWith = (permission: Permission): Role[] =>
  ROLE_NAMES.filter((role) => (ROLES[role].may as readonly Permission[]).includes(permission));
const statesOf = (unit: 'item' | 'bag'): State[] => Object.keys(unit === 'item' ? ITEM_STATES : BAG_STATES) as State[];
const unitsOf = (kind: Kind): ('item' | 'bag')[] => {
  const { unit } = CHECKPOINTS[kind];
  return unit === 'both' ? ['item', 'bag'] : [unit];
};

/** States of a unit's kind from which the catalogue lets this step be done; null: it makes the unit. */
function startsOf(kind: Kind, unit: 'item' | 'bag'): State[] | null {
  const { from } = CHECKPOINTS[kind];
  if (from === 'new') return null;
  const all = statesOf(unit);
  if (from === 'any') return all;
  if (from === 'living') return all.filter((state) => !FINAL_STATES.has(state));
  return all.filter((state) => from.includes(state));
}

test('every kind has facts and every facts has a kind', () => {
  expect(Object.keys(FACTS).toSorted()).toEqual([...KINDS].toSorted());
});

test('all words are there in both languages, composed, trimmed, and no two kinds share theirs', () => {
  const words = [
    ...entries.map((e) => [e.vi, e.en] as const),
    ...Object.values(STATES),
    ...Object.values(PERMISSIONS),
    ...Object.values(FLAGS),
    ...ROLE_NAMES.map((role) => [ROLES[role].vi, ROLES[role].en] as const),
  ];
  for (const pair of words) {
    for (const word of pair) {
      expect(word.normalize('NFC')).toBe(word);
      expect(word).toMatch(/^\S(.*\S)?$/);
    }
  }
  for (const language of ['vi', 'en'] as const) expect(new Set(entries.map((e) => e[language])).size).toBe(KINDS.length);
});

describe.each(KINDS)('%s', (kind) => {
  const entry = CHECKPOINTS[kind];

  test('starts and ends in states that its kind of unit has', () => {
    for (const unit of unitsOf(kind)) {
      expect(startsOf(kind, unit)?.length, `${unit}: no state to start from`).not.toBe(0);
      if (entry.to !== 'same') expect(statesOf(unit), `a ${unit} cannot be "${entry.to}"`).toContain(entry.to);
    }
    if (typeof entry.from !== 'string') {
      const known = new Set(unitsOf(kind).flatMap(statesOf));
      for (const state of entry.from) expect(known).toContain(state);
      expect(new Set(entry.from).size).toBe(entry.from.length);
    }
    // A new unit has no state that could stay as it was, and no custodian who could keep it.
    if (entry.from === 'new') expect([entry.to, entry.custody]).not.toContain('same');
    if (entry.from === 'new') expect(entry.custody).not.toBe('keeps');
  });

  test('can be done by somebody, with somebody else where two are needed', () => {
    expect(PERMISSIONS).toHaveProperty([entry.permission]);
    const firsts = rolesWith(entry.permission);
    expect(firsts).not.toEqual([]);
    if (entry.second === null) return;
    expect(PERMISSIONS).toHaveProperty([entry.second]);
    expect(rolesWith(entry.second)).not.toEqual([]);
  });

  test('its end and its custodian belong together', () => {
    if (entry.custody === 'nobody') expect(['lost', 'destroyed']).toContain(entry.to);
    if (entry.to === 'lost' || entry.to === 'destroyed') expect(entry.custody).toBe('nobody');
    // Whoever finds what nobody had must hold it from then on.
    const fromNobody = entry.from === 'any' || (Array.isArray(entry.from) && entry.from.includes('lost'));
    if (fromNobody && entry.to !== 'same') expect(entry.custody).not.toBe('keeps');
    // Only staff of an office can be those who have it at the office.
    const holder = { actor: entry.permission, second: entry.second }[entry.custody as 'actor'];
    if (entry.to === 'at_office' && holder) expect(rolesWith(holder).map((role) => ROLES[role].at)).not.toContain('agency');
    if (entry.moves) expect(entry.nature).toBe('act');
  });
});

describe.each(['item', 'bag'] as const)('of a unit of kind %s', (unit) => {
  const steps = KINDS.filter((kind) => unitsOf(kind).includes(unit));

  test('every state can be reached, and no other', () => {
    const reached = new Set<State>(steps.flatMap((kind) => (CHECKPOINTS[kind].from === 'new' ? [CHECKPOINTS[kind].to as State] : [])));
    expect([...reached]).toEqual(unit === 'item' ? ['awaiting_approval', 'not_accepted'] : ['open']);
    for (let before = -1; before !== reached.size;) {
      before = reached.size;
      for (const kind of steps) {
        const { to } = CHECKPOINTS[kind];
        if (to !== 'same' && startsOf(kind, unit)?.some((state) => reached.has(state))) reached.add(to);
      }
    }
    expect([...reached].toSorted()).toEqual(statesOf(unit).toSorted());
  });

  test('from every state there is a road to an end', () => {
    const wayOut = new Set<State>(statesOf(unit).filter((state) => FINAL_STATES.has(state)));
    for (let before = -1; before !== wayOut.size;) {
      before = wayOut.size;
      for (const kind of steps) {
        const { to } = CHECKPOINTS[kind];
        if (to !== 'same' && wayOut.has(to)) for (const state of startsOf(kind, unit) ?? []) wayOut.add(state);
      }
    }
    expect(statesOf(unit).filter((state) => !wayOut.has(state))).toEqual([]);
  });

  test('of all that has ended only what was lost can come back', () => {
    const revived = steps.flatMap((kind) => {
      const { to } = CHECKPOINTS[kind];
      return to === 'same' || FINAL_STATES.has(to) ? [] : (startsOf(kind, unit) ?? []).filter((state) => FINAL_STATES.has(state));
    });
    expect([...new Set(revived)]).toEqual(['lost']);
  });
});

// ---- The standards

/** EMSEVT v3, as in the standards chapter 1.4. */
const EMSEVT = {
  origin: ['EMA', 'EMB', 'EXA', 'EXB', 'EXC', 'EXD', 'EXX', 'EMC'],
  transit: ['EMJ', 'EMK'],
  destination: ['EMD', 'EDA', 'EDB', 'EME', 'EDC', 'EDX', 'EMF', 'EDD', 'EDE', 'EMG', 'EDF', 'EDG', 'EMH', 'EDH', 'EMI'],
};

test('every UPU code is an event of EMSEVT v3', () => {
  const codes = new Set(Object.values(EMSEVT).flat());
  expect(codes.size).toBe(25);
  for (const { kind, upu } of entries) if (upu !== null) expect(codes, kind).toContain(upu);
});

test('the UPU code of a kind is the event that it is, as the standards chapter pairs them', () => {
  const paired: Partial<Record<Kind, string>> = {
    accepted: 'EMA',
    screened: 'EXA',
    given_to_authority: 'EXB',
    returned_by_authority: 'EXC',
    hold_released: 'EXC',
    held: 'EXD',
    withdrawn: 'EXX',
    bag_departed: 'EMC',
    bag_arrived: 'EMD',
    sorted: 'EDD',
    counted: 'EMG',
    signed_out: 'EDG', // out for physical delivery; EDF is "held at the delivery office"
    attempted: 'EMH',
    call_notice_left: 'EDH',
    delivered: 'EMI',
  };
  const said = Object.fromEntries(Object.keys(paired).map((kind) => [kind, CHECKPOINTS[kind as Kind].upu]));
  expect(said).toEqual(paired);
});

const VECTORS = path.join(import.meta.dirname, '../../../shared/vectors');
const emsevt = path.join(VECTORS, 'upu/emsevt-v3.json');
const epcis = path.join(VECTORS, 'gs1-epcis/EPCIS-JSON-Schema.json');
for (const file of [emsevt, epcis]) if (!existsSync(file)) console.log(`catalogue: skipped, there is no ${file}`);

test.skipIf(!existsSync(emsevt))('the list of UPU codes in this test is the list of the vectors', () => {
  const { events } = JSON.parse(readFileSync(emsevt, 'utf8')) as { events: { code: string; leg: string }[] };
  expect(events.map((e) => e.code).toSorted()).toEqual(Object.values(EMSEVT).flat().toSorted());
});

test.skipIf(!existsSync(epcis))('business steps and dispositions are words of CBV 2.0, or URIs of ours', () => {
  type Words = { anyOf: [unknown, { enum: string[] }] };
  const { definitions } = JSON.parse(readFileSync(epcis, 'utf8')) as { definitions: { bizStep: Words; disposition: Words } };
  const words = { bizStep: definitions.bizStep.anyOf[1].enum, disposition: definitions.disposition.anyOf[1].enum };
  expect([words.bizStep.length, words.disposition.length]).toEqual([41, 33]);
  for (const { kind, epcis: said } of entries) {
    if (said.biz_step !== null && !isUri(said.biz_step)) expect(words.bizStep, kind).toContain(said.biz_step);
    if (said.disposition !== null && !isUri(said.disposition)) expect(words.disposition, kind).toContain(said.disposition);
    if (said.type === 'AggregationEvent') expect(said.action, kind).not.toBe('OBSERVE');
  }
});

const isUri = (word: string): boolean => /^https:\/\/[a-z.]+\/[A-Za-z-]+$/.test(word) && URL.canParse(word);
