// The catalogue of casefiles is whole: what an entry answers it names, each decision that ends a case has its paper, nothing needs
// words where KT1 is.

import { describe, expect, test } from 'vitest';
import { uuid7 } from '../../src/base/id.ts';
import { ANSWERS, answersNo, CASE_FACTS, CASE_KINDS, CASE_STAGE, CASE_STATES, caseNo, CHANNELS,  DECISIONS, EXIT_FORMS, FOUND, isCaseKind, isClosed, OUTCOMES, REQUESTS, SEVERITIES, SOURCES, TASKS, WHY_NOT, Words } from '../../src/domain/casefile.ts';
import type { CaseEntry, CaseKind } from '../../src/domain/casefile.ts';
import { RECORD_FORM_NAMES } from '../../src/domain/record_form.ts';

describe('the catalogue of casefiles', () => {
  test('names the entry that each kind answers by a field of its facts', () => {
    for (const kind of Object.keys(CASE_KINDS) as CaseKind[]) {
      const { answers } = CASE_KINDS[kind];
      if (answers !== null) expect(Object.keys(CASE_FACTS[kind].shape), kind).toContain(answers);
    }
    expect(answersNo({ kind: 'approved', facts: { proposal_no: 7, snapshot: '', seen: [] } })).toBe(7);
    expect(answersNo({ kind: 'said', facts: {} })).toBeNull();
  });

  test('has a paper for each end, an answer for each request, words in both languages', () => {
    expect(OUTCOMES.every(isClosed)).toBe(true);
    expect(CASE_STAGE.some(isClosed)).toBe(false);
    expect([...CASE_STAGE, ...OUTCOMES].toSorted()).toEqual(Object.keys(CASE_STATES).toSorted());
    const outcomes: (string | null)[] = Object.values(DECISIONS).map((decision) => decision.outcome);
    for (const outcome of OUTCOMES) {
      expect(outcomes).toContain(outcome);
      expect(EXIT_FORMS[outcome].every((form) => RECORD_FORM_NAMES.includes(form))).toBe(true);
    }
    for (const request of Object.values(REQUESTS)) expect(request.answers.every((answer) => answer in ANSWERS)).toBe(true);
    expect(Object.values(REQUESTS).flatMap((request): string[] => [...request.answers])).toEqual(expect.arrayContaining(Object.keys(ANSWERS)));
    for (const table of [CASE_STATES, SEVERITIES, ANSWERS, TASKS, SOURCES, WHY_NOT, FOUND]) for (const pair of Object.values(table)) expect(new Set(pair).size).toBe(2);
    expect(CHANNELS.length).toBe(5);
  });

  test('needs words for talk alone: whatever else is done can be done about KT1', () => {
    expect((Object.keys(CASE_KINDS) as CaseKind[]).filter((kind) => CASE_KINDS[kind].words === 'must')).toEqual(['said']);
    expect(isCaseKind({ kind: 'said' } as CaseEntry, 'said')).toBe(true);
    for (const words of ['', ' ', ' x', 'x'.repeat(2001)]) expect(Words.safeParse(words).success).toBe(false);
  });
});

test('the number of a casefile tells neither when it was opened nor how many there are', () => {
  const now = 1_790_000_000_000;
  const numbers = Array.from({ length: 2_000 }, (_, i) => caseNo(uuid7(now + i)));
  for (const number of numbers) expect(number).toMatch(/^VV-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  expect(new Set(numbers).size).toBe(numbers.length);
});
