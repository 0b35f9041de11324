// Examples of entries of a casefile for the API reference; each is what the schema describes (tests/api/cases.test.ts).

const id = (n: number): string => `01920000-0000-7000-8000-0000000004${String(n).padStart(2, '0')}`;
const digest = 'b7'.repeat(32);

export const CASE_EXAMPLES = [
  { entry_id: id(1), kind: 'triaged', facts: { severity: 'high' }, words: 'Mô tả không khớp ảnh soi' },
  { entry_id: id(2), kind: 'party_added', facts: { party_code: 'CA-LS' } },
  { entry_id: id(3), kind: 'said', facts: {}, words: '19:10 có mặt', only_party: 'CA-LS' },
  { entry_id: id(4), kind: 'asked', facts: { request: 'screen', to: '243100', unit_codes: ['PD500000007VN'], due_at: '2026-11-28T12:00:00Z' } },
  { entry_id: id(5), kind: 'answered', facts: { request_no: 5, answer: 'alarm' } },
  { entry_id: id(6), kind: 'task_set', facts: { task: 'send_officer', party_code: 'CA-LS' } },
  { entry_id: id(7), kind: 'proposed', facts: { decision: 'hand_over', unit_codes: ['PD500000007VN'], agency_code: 'CA-LS', expires_at: '2026-11-30T00:00:00Z', snapshot: digest } },
  { entry_id: id(8), kind: 'approved', facts: { proposal_no: 8, snapshot: digest, seen: [8, 9] } },
  { entry_id: id(9), kind: 'case_closed', facts: { outcome: 'handed_over', proposal_no: 8, record_id: id(10) } },
];
