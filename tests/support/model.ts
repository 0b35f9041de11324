// The reference model of the random walk: what must come of a step, said once more in the fewest words; and a random step.

import { newId } from './people.ts';

/** The kinds of the counter, which are all that this model knows; bags, trips and delivery have walks and tests of their own. */
export const KINDS = [
  'accepted',
  'acceptance_refused',
  'approved',
  'approval_refused',
  'seen',
  'label_printed',
  'reweighed',
  'condition_recorded',
  'rewrapped',
  'corrected',
] as const;
export type Kind = (typeof KINDS)[number];

type Caller = { badge: string; office: string | null; may: (kind: Kind) => boolean; clearance: 'NONE' | 'A'; trained: boolean };

const ACCEPT: Kind[] = ['accepted', 'acceptance_refused'];
const SCAN: Kind[] = ['seen', 'reweighed', 'condition_recorded'];
const CONTROL: Kind[] = ['approved', 'approval_refused', 'corrected', 'rewrapped', 'label_printed', ...SCAN];

const caller = (badge: string, kinds: Kind[], more: Partial<Caller> = {}): Caller => ({
  badge,
  office: '243100',
  may: (kind) => kinds.includes(kind),
  clearance: 'A',
  trained: true,
  ...more,
});
export const CALLERS: Caller[] = [
  ...['CLERK', 'CLERK1', 'CLERK2'].map((badge) => caller(badge, [...ACCEPT, ...SCAN, 'label_printed'])),
  caller('CLERK8', [...ACCEPT, ...CONTROL]),
  caller('UNCLEARED', [...ACCEPT, ...SCAN, 'label_printed'], { clearance: 'NONE' }),
  caller('UNTRAINED', [...ACCEPT, ...SCAN, 'label_printed'], { trained: false }),
  caller('CENTRECLERK', [...ACCEPT, ...SCAN, 'label_printed'], { office: '240100' }),
  caller('SORTER', [...SCAN, 'rewrapped', 'label_printed']),
  ...['CONTROLLER', 'CONTROLLER2', 'SHIFTHEAD'].map((badge) => caller(badge, CONTROL)),
  ...['DRIVER', 'COURIER', 'DUTYOFFICER'].map((badge) => caller(badge, SCAN)),
  ...['LEADER', 'ADMIN'].map((badge) => caller(badge, [])),
  ...['LIAISON', 'INSPECTOR'].map((badge) => caller(badge, [], { office: null })),
];

export type Op = { kind: Kind; caller: Caller; facts: any; example: any; confirmation?: string };
export type Outcome = { refusal: string } | { state: string; custodian: string; flags: string[] };

export type Item = {
  unit_id: string;
  code: string;
  state: string;
  custodian: string;
  office: string;
  unit_seq: number;
  hash: string | null;
  slip: boolean;
  kt1: boolean;
  secret: boolean;
  weight_g: number;
  labels: number;
  accepted_by: string;
  ids: string[];
  sent: { badge: string; body: any; answer: any }[];
};
export const EMPTY: Item = {
  unit_id: '',
  code: '',
  state: '',
  custodian: '',
  office: '',
  unit_seq: 0,
  hash: null,
  slip: false,
  kt1: false,
  secret: false,
  weight_g: 100,
  labels: 0,
  accepted_by: '',
  ids: [],
  sent: [],
};

const REASONS: Partial<Record<Kind, string>> = {
  acceptance_refused: 'joint_check_refused',
  approval_refused: 'wrong_mark',
  label_printed: 'label_damaged',
  condition_recorded: 'torn_in_handling',
  rewrapped: 'torn_in_handling',
  corrected: 'typing_error',
};
const refused = (refusal: string): Outcome => ({ refusal });

export function predict(item: Item, op: Op): Outcome {
  const { kind, caller: by, facts } = op;
  if (!by.may(kind)) return refused('not_permitted');
  const badReason = facts.reason_code !== undefined && facts.reason_code !== REASONS[kind];
  if (kind === 'accepted') {
    const kt1 = facts.service?.service_class === 'kt1';
    if (kt1 && !by.trained) return refused('training_expired');
    if (kt1 && by.clearance === 'NONE') return refused('clearance_missing');
    return { state: 'awaiting_approval', custodian: 'person/', flags: [] };
  }
  if (kind === 'acceptance_refused')
    return badReason ? refused('unknown_reason') : { state: 'not_accepted', custodian: 'sender/', flags: [] };

  const isFact = SCAN.includes(kind);
  if (kind === 'rewrapped' && op.confirmation === undefined) return refused('second_person_needed');
  if (!isFact && item.kt1 && !by.trained) return refused('training_expired');
  if (!isFact && item.secret && by.clearance === 'NONE') return refused('clearance_missing');
  if ((kind === 'approved' || kind === 'approval_refused') && by.badge === item.accepted_by) return refused('same_person');

  const ended = item.state === 'not_accepted';
  const inOrder =
    {
      approved: item.state === 'awaiting_approval',
      approval_refused: item.state === 'awaiting_approval',
      rewrapped: item.state === 'awaiting_approval' || item.state === 'approved',
      corrected: true,
    }[kind as string] ?? !ended;
  if (!inOrder && !isFact) return refused('wrong_state');
  if (badReason) return refused('unknown_reason');
  if (kind === 'label_printed' && item.labels > 0 && facts.reason_code === undefined) return refused('invalid_input');
  if (kind === 'corrected' && !item.ids.includes(facts.corrects)) return refused('unknown_checkpoint');

  const drift = Math.abs((facts.weight_g ?? 0) - item.weight_g) > Math.max(5, item.weight_g * 0.02);
  const flags = [
    ...(ended && !inOrder ? ['after_end'] : []),
    ...(kind === 'seen' && item.custodian.startsWith('person/') && item.office !== by.office ? ['elsewhere'] : []),
    ...(isFact && item.secret && by.clearance === 'NONE' ? ['not_cleared'] : []),
    ...((kind === 'reweighed' || kind === 'rewrapped') && !item.slip && drift ? ['weight_drift'] : []),
  ];
  const state = kind === 'approved' || kind === 'approval_refused' ? kind : item.state;
  return { state, custodian: item.custodian, flags };
}

/** The item after a step that was stored, with what only the answer tells. */
export function step(item: Item, { kind, caller: by, facts }: Op, receipt: any): Item {
  const after: Item = {
    ...item,
    unit_id: receipt.unit_id,
    code: receipt.code,
    hash: receipt.hash,
    unit_seq: item.unit_seq + 1,
    state: receipt.state,
    custodian: `${receipt.custodian.kind}/${receipt.custodian.ref}`,
    // Seen where it should not be, it still belongs to the office that has it.
    office: receipt.flags.includes('elsewhere') ? item.office : (by.office ?? item.office),
    ids: [...item.ids, receipt.checkpoint_id],
  };
  if (kind === 'acceptance_refused') after.slip = true;
  if (kind === 'accepted') {
    after.kt1 = facts.service.service_class === 'kt1';
    after.secret = after.kt1 && facts.service.secrecy !== 'NONE';
    after.accepted_by = by.badge;
  }
  if (kind === 'label_printed') after.labels += 1;
  if (kind === 'accepted' || kind === 'rewrapped' || kind === 'corrected') after.weight_g = facts.weight_g ?? item.weight_g;
  return after;
}

const STEPS = [
  'approved',
  'approval_refused',
  'seen',
  'label_printed',
  'reweighed',
  'condition_recorded',
  'rewrapped',
  'corrected',
] as const;

/** Mostly by somebody who may, mostly with a good reason. */
export function anyStep(item: Item, random: () => number): Op {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const maybe = (fields: object, chance: number): object => (random() < chance ? fields : {});
  const kind = pick(STEPS);
  const by = pick(random() < 0.8 ? CALLERS.filter((each) => each.may(kind)) : CALLERS);
  const reason = { reason_code: random() < 0.9 ? REASONS[kind] : 'no_such_reason' };
  const weight_g = item.weight_g + pick([0, 1, 5, 60, 300]);
  const facts = {
    approved: {},
    approval_refused: reason,
    seen: {},
    label_printed: { size: '80x50', ...maybe(reason, 0.8) },
    reweighed: { weight_g },
    condition_recorded: { condition: pick(['wet', 'torn', 'stained']), ...maybe(reason, 0.5) },
    rewrapped: { ...reason, weight_before_g: item.weight_g, weight_g },
    corrected: {
      ...reason,
      corrects: random() < 0.9 ? pick(item.ids) : newId(),
      ...maybe({ weight_g: 100 + Math.floor(random() * 900) }, 0.5),
      ...maybe({ destination_office_code: '100900' }, 0.5),
    },
  }[kind];
  return { kind, caller: by, facts, example: null };
}
