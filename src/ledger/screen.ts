// Rules meet the ledger: the facts of a checkpoint as rules may see them, what hits, and the digest by which the entry vouches for
// its hits. Pure; the flight, the verifier and replay use the same functions. Nothing personal leaves this file but as keyed hashes.

import { createHmac } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import { encode } from '../base/canonical.ts';
import type { Canonical } from '../base/canonical.ts';
import { uuidBytes } from '../base/id.ts';
import { civilDate } from '../base/time.ts';
import { readBagCode } from '../domain/bag.ts';
import { holdChange } from '../domain/checkpoint.ts';
import type { UnitNow } from '../domain/decide.ts';
import type { Facts, Kind } from '../domain/facts.ts';
import type { AcceptedKt1, AcceptedOrdinary } from '../domain/facts.ts';
import { addresseeCounts, oddIdentities, routeUncollected, senderCounts } from '../domain/history.ts';
import type { History, Sighting } from '../domain/history.ts';
import { phoneKey, textKey } from '../domain/particulars.ts';
import type { Particulars } from '../domain/particulars.ts';
import { inForce, judge } from '../domain/rule.ts';
import type { Effect, FactGroup, Hit, RuleFacts, RuleVersion, UsedFacts } from '../domain/rule.ts';
import { activePeriod } from '../domain/period.ts';
import type { ActivePeriod } from '../domain/period.ts';
import { anyInForce, elsewhere, listed } from '../domain/rulebook.ts';
import type { Rulebook } from '../domain/rulebook.ts';
import { endsHolds } from '../domain/state.ts';
import type { State } from '../domain/state.ts';
import type { Draft } from './append.ts';
import type { Claim, Entry } from './entry.ts';
import { sha256 } from './entry.ts';
import { isKt1 } from './project.ts';

/** A checkpoint about to be stored, or stored, as rules look at it. `before` null: it makes the unit. */
export type Moment = {
  claim: Pick<Claim, 'checkpoint_id' | 'kind' | 'office_code' | 'facts'>;
  at: number;
  unit_kind: 'item' | 'bag';
  code: string;
  before: Pick<UnitNow, 'office_code' | 'last_at' | 'item'> | null;
  flags: readonly string[];
  /** Of an ordinary item that is being accepted; null otherwise, and once erased. */
  particulars: Particulars | null;
  /** The item's own sighting; null: KT1, a bag, or erased. */
  sighting: Sighting | null;
  history: History;
};

const WEIGHED: ReadonlySet<Kind> = new Set<Kind>(['reweighed', 'counted', 'rewrapped']);
const SEAL_READ: ReadonlySet<Kind> = new Set<Kind>(['seal_checked', 'bag_unsealed']);
const MINUTE = 60_000;

/** What hits at this moment, by the versions that are in force for it. */
export function hitsOf(versions: readonly RuleVersion[], book: Rulebook, moment: Moment): Hit[] {
  const accepted = moment.claim.kind === 'accepted' ? (moment.claim.facts as Facts<'accepted'>) : null;
  const service_class = accepted?.service.service_class ?? moment.before?.item?.service_class ?? '';
  const asked = versions.filter((version) => inForce(version, { now_ms: moment.at, service_class, office_code: moment.claim.office_code }));
  if (asked.length === 0) return [];
  const period = once(() => activePeriod(book.periods, moment.at, { office_code: moment.claim.office_code, service_class: (service_class || null) }));
  return judge(asked, (group, version) => {
    const values: unknown = group === 'period' ? periodFacts(moment, book, accepted, period(), version) : (GROUPS as { [group: string]: (...given: [Moment, Rulebook, Accepted]) => unknown })[group]?.(moment, book, accepted);
    return values as RuleFacts[typeof group];
  });
}

type Accepted = AcceptedKt1 | AcceptedOrdinary | null;
type Groups = { [G in Exclude<FactGroup, 'period'>]: (moment: Moment, book: Rulebook, accepted: Accepted) => RuleFacts[G] };

const GROUPS: Groups = {
  checkpoint: ({ claim, at }) => ({
    kind: claim.kind,
    office: claim.office_code ?? '',
    reason: (claim.facts as { reason_code?: string }).reason_code ?? '',
    hour: new Date(at + 7 * 60 * MINUTE).getUTCHours(),
  }),
  sample: ({ claim }, book) => ({ lot: lotOf(book.key, claim.checkpoint_id) }),
  item: itemFacts,
  sender: senderFacts,
  addressee: (moment, book, accepted) => {
    const { sighting, particulars: p } = moment;
    return {
      address_incomplete: p?.addressee_address_incomplete ?? false,
      shared_place: p?.addressee_shared_place ?? false,
      title_only: (p?.addressee_title_only ?? false) || signsOf(moment).includes('title_only'),
      protected_body: accepted !== null && !isKt1(accepted) && listed(book.lists, 'protected_postal', accepted.addressee_postal_code, civilDate(moment.at)),
      ...(sighting ? addresseeCounts(moment.history, sighting, moment.at) : { senders_7d: 0, names_at_address_30d: 0 }),
    };
  },
  declaration: ({ particulars: p }) => ({
    generic: p?.declaration_generic ?? false,
    gift: p?.declaration_gift ?? false,
    printed: p?.declaration_printed ?? false,
    season_goods: p?.declaration_season_goods ?? false,
  }),
  route: (moment, book, accepted) => {
    const { sighting, before, claim } = moment;
    const date = civilDate(moment.at);
    const from = before?.item?.accepted_office_code ?? claim.office_code ?? '';
    const to = accepted !== null && !isKt1(accepted) ? (accepted.destination_office_code ?? '') : (before?.item?.destination_office_code ?? '');
    const postal = accepted !== null && !isKt1(accepted) ? accepted.addressee_postal_code : (sighting?.postal_code ?? '');
    return {
      border: listed(book.lists, 'border_office', from, date) || listed(book.lists, 'border_office', to, date),
      hotspot: listed(book.lists, 'hotspot_office', from, date),
      capital: postal !== '' && listed(book.lists, 'capital_postal', postal, date),
      uncollected_30d: sighting ? routeUncollected(moment.history, sighting, moment.at) : 0,
    };
  },
  weight: ({ claim, before, flags }) => {
    const found = WEIGHED.has(claim.kind) ? (claim.facts as { weight_g?: number }).weight_g : undefined;
    const expected = before?.item?.weight_g;
    const known = found !== undefined && expected !== undefined;
    return { known, drift_g: known ? found - expected : 0, drifts: flags.includes('weight_drift') };
  },
  seal: ({ claim, flags }) => ({ checked: SEAL_READ.has(claim.kind), agrees: !flags.includes('seal_differs') }),
  scan: ({ claim, before, at, flags }, book) => {
    const travel = before === null ? undefined : book.travel.get(`${before.office_code}/${claim.office_code ?? ''}`);
    const last_at = before?.last_at ?? at;
    return { gap_minutes: Math.max(0, Math.floor((at - last_at) / MINUTE)), travel_known: travel !== undefined && before?.last_at !== undefined, travel_minutes: travel ?? 0, flags };
  },
  screening: ({ claim }) => {
    const facts = claim.kind === 'screened' ? (claim.facts as Facts<'screened'>) : null;
    return { method: facts?.method ?? '', result: facts?.result ?? '' };
  },
  clerk: ({ claim, sighting, history, at }) => ({ odd_identities_24h: claim.kind === 'accepted' && sighting ? oddIdentities(history, sighting, at) : 0 }),
};

/** What orders say of this moment, and how much they make this rule weigh. Places of a grade are beginnings of office or postal codes. */
function periodFacts(moment: Moment, book: Rulebook, accepted: Accepted, { orders, rule_multipliers, risk_grades }: ActivePeriod, version: RuleVersion): RuleFacts['period'] {
  const { claim, before, at } = moment;
  const from = before?.item?.accepted_office_code ?? claim.office_code ?? '';
  const to = accepted === null ? [before?.item?.destination_office_code ?? ''] : destinationsOf(accepted);
  const kind = accepted?.service.service_class ?? before?.item?.service_class ?? '';
  const grades = [...risk_grades].map(([key, grade]) => {
    const [by, first = '', last = ''] = key.split('/');
    const named = by === 'kind' ? first === kind : by === 'area' ? [from, claim.office_code ?? '', ...to].some((code) => code.startsWith(first)) : from.startsWith(first) && to.some((code) => code.startsWith(last));
    return named ? grade : 1;
  });
  return { active: orders.length > 0, season: anyInForce(book.lists, 'season', civilDate(at)), weight: rule_multipliers.get(version.rule_code) ?? 100, grade: Math.max(1, ...grades) };
}

const destinationsOf = (accepted: AcceptedKt1 | AcceptedOrdinary): string[] => (isKt1(accepted) ? [] : [accepted.addressee_postal_code, accepted.destination_office_code ?? '']);

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

const signsOf = ({ claim }: Moment): readonly string[] => (claim.facts as { signs?: string[] }).signs ?? [];

function itemFacts(moment: Moment, _: Rulebook, accepted: Accepted): RuleFacts['item'] {
  const signs = signsOf(moment);
  if (moment.unit_kind === 'bag') return { ...NO_ITEM, unit: 'bag', kt1: readBagCode(moment.code)?.mail === 'kt1', signs };
  if (accepted === null) {
    const item = moment.before?.item;
    return { ...NO_ITEM, kt1: item?.service_class === 'kt1', service_class: item?.service_class ?? '', weight_g: item?.weight_g ?? 0, restrictive_mark: (item?.secrecy ?? 'NONE') !== 'NONE' || signs.includes('restrictive_mark'), signs };
  }
  const { weight_g, length_mm = 0, width_mm = 0, height_mm = 0, service } = accepted;
  const volume_cm3 = Math.round((length_mm * width_mm * height_mm) / 1000);
  const outside = { ...NO_ITEM, service_class: service.service_class, scope: service.scope, weight_g, volume_cm3, grams_per_litre: volume_cm3 === 0 ? 0 : Math.round((weight_g * 1000) / volume_cm3), signs };
  // Of KT1 only the outside: no goods class, nothing declared.
  if (isKt1(accepted)) return { ...outside, kt1: true, restrictive_mark: accepted.checklist.outer_mark !== 'NONE' || accepted.checklist.personal_mark || signs.includes('restrictive_mark') };
  const conditional = accepted.conditional_goods ?? [];
  return { ...outside, goods_class: accepted.goods_class, conditional: conditional.map((goods) => goods.goods_class), papers: conditional.reduce((sum, goods) => sum + goods.paper_nos.length, 0), restrictive_mark: signs.includes('restrictive_mark') };
}

const NO_ITEM: RuleFacts['item'] = { unit: 'item', kt1: false, service_class: '', scope: '', weight_g: 0, volume_cm3: 0, grams_per_litre: 0, goods_class: '', conditional: [], papers: 0, restrictive_mark: false, signs: [] };

const NO_SENDER = { first_seen: false, items_24h: 0, items_7d: 0, addressees_24h: 0, addressees_7d: 0, names_30d: 0, names_at_address_30d: 0, phones_at_address_30d: 0, offices_24h: 0, uncollected_30d: 0, confirmed_30d: 0 };

function senderFacts(moment: Moment, book: Rulebook, accepted: Accepted): RuleFacts['sender'] {
  const { sighting, particulars } = moment;
  return {
    registered: accepted !== null && isKt1(accepted) && 'card_no' in accepted.sender,
    identified_by: accepted !== null && !isKt1(accepted) ? accepted.sender_identified_by : '',
    address_incomplete: particulars?.sender_address_incomplete ?? false,
    address_elsewhere: particulars !== null && elsewhere(book, particulars.sender_address, moment.claim.office_code ?? ''),
    ...(sighting ? senderCounts(moment.history, sighting, moment.at) : NO_SENDER),
  };
}

/** 0..9999. Keyed, so that no counter can choose an id that is never drawn; one number of four digits tells nothing of the key. */
export function lotOf(key: Uint8Array, checkpoint_id: string): number {
  const bytes = new Uint8Array(key.length + 16);
  bytes.set(key);
  bytes.set(uuidBytes(checkpoint_id), key.length);
  return new DataView(sha256(bytes).buffer).getUint32(0) % 10_000;
}

const blind = (key: Uint8Array, kind: string, text: string): string => createHmac('sha256', key).update(utf8(`${kind}:${text}`)).digest('hex').slice(0, 32);

type Fields = { readonly [field: string]: string };

/** The blind index row of an acceptance: keyed hashes of what stands in `personal`, which alone they can be matched with. */
export function sightingOf(key: Uint8Array, claim: Claim, at: number, parties: { sender: Fields; addressee: Fields }): Sighting | null {
  const facts = claim.facts as Facts<'accepted'>;
  if (claim.kind !== 'accepted' || isKt1(facts)) return null;
  const { sender, addressee } = parties;
  return {
    checkpoint_id: claim.checkpoint_id, unit_id: '', at, office_code: claim.office_code ?? '', postal_code: facts.addressee_postal_code, person_id: claim.person_id, odd_identity: false,
    sender_phone: blind(key, 'phone', phoneKey(sender.phone ?? '')), sender_name: blind(key, 'name', textKey(sender.name ?? '')), sender_address: blind(key, 'address', textKey(sender.address ?? '')),
    addressee_name: blind(key, 'name', textKey(addressee.name ?? '')), addressee_address: blind(key, 'address', textKey(addressee.address ?? '')),
    uncollected_since: null, confirmed_at: null,
  };
}

/** A hit as it is kept. */
export type HitRow = { rule_version_id: string; effect: Effect; facts: UsedFacts };

export const hitRows = (hits: readonly Hit[]): HitRow[] => hits.map(({ version, facts }) => ({ rule_version_id: version.rule_version_id, effect: version.effect, facts }));

/** SHA-256 over the hits in order of version: the entry holds it, so no hit can be changed, removed or slipped in. */
export function hitsDigest(rows: readonly HitRow[]): Uint8Array<ArrayBuffer> {
  const ordered = rows.toSorted((a, b) => (a.rule_version_id < b.rule_version_id ? -1 : 1));
  return sha256(encode(ordered.map((row): Canonical => [uuidBytes(row.rule_version_id), row.effect, row.facts as { [path: string]: Canonical }]), 65_536));
}

/** Whether hits hold the unit: not where the step itself holds it, nor where its road has ended. */
export const holdsUnit = (rows: readonly HitRow[], kind: Kind, state: State, result: { readonly [name: string]: unknown }): boolean =>
  rows.some((row) => row.effect === 'hold') && holdChange(kind) <= 0 && !('holds_added' in result) && !endsHolds(state);

/** The row of a checkpoint `screened`, as its entry says it. */
export function screeningRow(entry: Entry): { [column: string]: unknown } {
  const { method, equipment_no = null, result, resolves = null } = entry.claim.facts as Facts<'screened'>;
  const { test, tested_at } = entry.result.screening as { test: string; tested_at: number | null };
  return {
    checkpoint_id: entry.claim.checkpoint_id, unit_id: entry.unit_id, unit_seq: entry.unit_seq, method, operator_id: entry.claim.person_id, office_code: entry.claim.office_code, equipment_no, result, test,
    tested_at: tested_at === null ? null : new Date(tested_at), resolves, screened_at: new Date(entry.received_at),
  };
}

/** What the flight knows of rules: the book, and the keyed hashes of the ordinary items it accepts, by draft. */
export type Screening = { book: Rulebook; sightings: ReadonlyMap<Draft, Sighting> };

export function sightingsOf(drafts: readonly Draft[], book: Rulebook, now_ms: number): Screening['sightings'] {
  const sightings = new Map<Draft, Sighting>();
  for (const draft of drafts) {
    const [sender, addressee] = (['sender', 'addressee'] as const).map((party) => draft.personal.find((part) => part.party === party)?.fields);
    const sighting = draft.claim.kind === 'accepted' && sender && addressee ? sightingOf(book.key, draft.claim, now_ms, { sender, addressee }) : null;
    if (sighting) sightings.set(draft, sighting);
  }
  return sightings;
}

/** Only what some rule in force will count is read. */
export function subjectsOf(drafts: readonly Draft[], book: Rulebook, sightings: Screening['sightings']): { sightings: Sighting[]; codes: string[] } {
  const counted = drafts.filter((draft) => book.counting.has(draft.claim.kind));
  return { sightings: counted.flatMap((draft) => sightings.get(draft) ?? []), codes: [...new Set(counted.flatMap((draft) => (draft.claim.kind === 'accepted' || draft.claim.code === null ? [] : [draft.claim.code])))] };
}
