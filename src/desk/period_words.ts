// The measures of an order in words, beside what holds in normal times.

import { CHECKPOINTS } from '../domain/checkpoint.ts';
import type { Kind } from '../domain/facts.ts';
import type { JournalFacts } from '../domain/journal.ts';
import type { Pair } from './words.ts';

export type Measures = JournalFacts<'period_ordered'>['measures']['during'];
export type PhaseName = 'before' | 'during' | 'after';
export const PHASE_WORDS: { readonly [P in PhaseName]: Pair } = { before: ['Trước', 'Before'], during: ['Trong', 'During'], after: ['Sau', 'After'] };

/** CATALOGUE of measures: what it is, and how it is in normal times. */
export const MEASURES: readonly { key: keyof Measures; name: Pair; normal: Pair }[] = [
  { key: 'witness_rate_pct', name: ['Đồng kiểm có người thứ hai chứng kiến', 'Joint checks witnessed by a second person'], normal: ['đồng kiểm với người gửi, không cần chứng kiến', 'joint check with the sender, no witness'] },
  { key: 'two_persons', name: ['Bước phải có hai người', 'Steps that take two persons'], normal: ['dấu A, B: theo quy định chung', 'marks A and B: by the general rules'] },
  { key: 'protected_destinations', name: ['Nơi nhận được bảo vệ: hai người', 'Protected destinations: two persons'], normal: ['không', 'none'] },
  { key: 'idle_minutes', name: ['Báo động khi bưu gửi nằm yên', 'Alarm when an item lies idle'], normal: ['theo quy định của đơn vị', "by the operator's rule"] },
  { key: 'duty_24', name: ['Trực 24/24', 'Duty around the clock'], normal: ['theo lịch của bưu cục', "by the office's roster"] },
  { key: 'rule_multipliers', name: ['Trọng số luật sàng lọc', 'Weight of screening rules'], normal: ['100 %', '100 %'] },
  { key: 'risk_grades', name: ['Mức rủi ro', 'Risk grades'], normal: ['1', '1'] },
];

export function wordsOfMeasures(m: Measures): { key: keyof Measures; words: Pair }[] {
  const steps = (language: 'vi' | 'en'): string => (m.two_persons ?? []).map((kind: Kind) => CHECKPOINTS[kind][language]).join(', ');
  const all: [keyof Measures, boolean, Pair][] = [
    ['witness_rate_pct', (m.witness_rate_pct ?? 0) > 0, [`${m.witness_rate_pct} %`, `${m.witness_rate_pct} %`]],
    ['two_persons', (m.two_persons ?? []).length > 0, [steps('vi'), steps('en')]],
    ['protected_destinations', (m.protected_destinations ?? []).length > 0, [(m.protected_destinations ?? []).join(', '), (m.protected_destinations ?? []).join(', ')]],
    ['idle_minutes', m.idle_minutes !== undefined, [`quá ${m.idle_minutes} phút`, `beyond ${m.idle_minutes} minutes`]],
    ['duty_24', m.duty_24 === true, ['bắt buộc', 'required']],
    ['rule_multipliers', (m.rule_multipliers ?? []).length > 0, [weights(m), weights(m)]],
    ['risk_grades', (m.risk_grades ?? []).length > 0, [grades(m), grades(m)]],
  ];
  return all.filter(([, says]) => says).map(([key, , words]) => ({ key, words }));
}
const weights = (m: Measures): string => (m.rule_multipliers ?? []).map((one) => `${one.rule_code} ${one.pct} %`).join(', ');
const grades = (m: Measures): string => (m.risk_grades ?? []).map((one) => `${one.by}/${one.key} ${one.grade}`).join(', ');
