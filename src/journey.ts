// Roads of letters in plain text: each line is one act of one person, each arrow what must come of it. The same text is read by
// postal workers, played by the tests on every runtime, and played on a running server by `niem play`.

import { uuid7 } from './base/id.ts';
import { CHECKPOINTS } from './domain/checkpoint.ts';
import type { Kind } from './domain/facts.ts';
import { STATES } from './domain/state.ts';

export type Answered = { status: number; body: any };
export type Stage = {
  ask: (badge: string, method: string, path: string, body?: unknown) => Promise<Answered>;
  pin: string;
  /** The server's clock, Unix milliseconds. */
  now: () => number;
  /** Lets time pass; a stage that cannot leaves it out, and a journey that needs it is refused before it starts. */
  advance?: (ms: number) => void;
};
export type Played = { line: number; text: string; ok: boolean; came: string };

/** A line that cannot be understood: says where and what was looked for. */
export class Unreadable extends Error {}

/** CATALOGUE of the people of the demo by what they are called in a journey. "tỉnh": at the provincial centre, 240100. */
export const CAST: { readonly [name: string]: string } = {
  'GDV': 'LS1001', 'GDV 2': 'LS1002', 'GDV hết hạn mật': 'LS1003', 'KTV': 'LS1005', 'KTV 2': 'LS1006', 'KSV': 'LS1007', 'KSV 2': 'LS1008', 'TC': 'LS1009', 'TC 2': 'LS1010',
  'BT': 'LS1011', 'LX': 'LS1013', 'LX 2': 'LS1014', 'TB': 'LS1015', 'LĐ': 'LS1016',
  'GDV tỉnh': 'LS1030', 'KTV tỉnh': 'LS1021', 'KTV tỉnh 2': 'LS1022', 'KSV tỉnh': 'LS1023', 'TC tỉnh': 'LS1024', 'BT tỉnh': 'LS1026', 'LX tỉnh': 'LS1027', 'TB tỉnh': 'LS1028', 'LĐ tỉnh': 'LS1029',
  'CBPH': 'CA2001', 'TT': 'TT3001',
};

type Parts = { [name: string]: string | undefined };
type Scene = { stage: Stage; names: Map<string, string>; people: Map<string, string>; last: Answered; sent: { badge: string; body: { checkpoint_id: string; facts: object } } | null; opened: Map<string, string> };
type Turn = { actor: string; args: string[]; parts: Parts; scene: Scene };
type Verb = (turn: Turn) => Promise<Answered>;

// ---- Words after the colon, in any order

const URGENCY: { readonly [word: string]: string } = { 'thường': 'NONE', 'hỏa tốc': 'HOA_TOC', 'hẹn giờ': 'HEN_GIO' };
const AUTHORITY: { readonly [word: string]: string } = { 'giấy giới thiệu': 'letter_of_introduction', 'giấy ủy quyền': 'authorisation', 'chính người nhận': 'addressee_in_person', 'mã PIN': 'pin' };
const PATTERNS: readonly [name: string, pattern: RegExp][] = [
  ['kt1', /^KT1 (thường|hỏa tốc|hẹn giờ)$/], ['ordinary', /^(thư|bưu kiện|ấn phẩm) thường$/], ['mark', /^dấu (A|B|C)$/], ['cover', /^ngoài bì dấu (A|B|C)$/], ['personal_mark', /^(chỉ người có tên mới được bóc bì)$/],
  ['from', /^từ ([A-Z0-9-]+)$/], ['to', /^đến ([A-Z0-9-]+)$/], ['card', /^thẻ ([A-Z0-9-]+)$/], ['label', /^nhãn ([A-Z0-9]+)$/], ['gross', /^cả bì (\d+) g$/], ['tare', /^vỏ (\d+) g$/], ['weight', /^(\d+) g$/], ['before', /^trước (\d+) g$/],
  ['count', /^(\d+) bưu gửi$/], ['seal', /^niêm ([A-Z0-9]+)$/], ['reason', /^lý do (\w+)$/], ['second', /^cùng (.+)$/], ['condition', /^tình trạng (\w+)$/], ['receiver', /^cho (.+)$/], ['vehicle', /^xe ([0-9A-Z.-]+)$/],
  ['driver', /^lái xe (.+)$/], ['escort', /^áp tải (.+)$/], ['guard', /^(có bảo vệ)$/], ['last', /^(túi cuối)$/], ['manifest', /^(túi bản kê)$/], ['blind', /^(đếm kín)$/], ['lane', /^làn ([A-Z])$/], ['dedicated', /^(xe chung)$/],
  ['paper', /^giấy số (.+)$/], ['authority', /^(giấy giới thiệu|giấy ủy quyền|chính người nhận|mã PIN)$/], ['evidence', /^chứng cứ (.+)$/], ['no', /^số (\d+)$/], ['refused', /^(không đồng ý)$/], ['forced', /^(buộc đóng)$/],
  ['body', /^cơ quan ([A-Z0-9-]+)$/], ['found', /^thấy (\w+)$/], ['mail', /^(bưu gửi thường)$/], ['offer', /^phiếu (.+)$/], ['other', /^(khác nội dung)$/], ['hold', /^lệnh giữ (.+)$/], ['guarded', /^(xin bảo vệ)$/],
];

function partsOf(text: string | undefined, where: string): Parts {
  const parts: Parts = {};
  for (const piece of text === undefined ? [] : text.split(', ')) {
    const found = PATTERNS.map(([name, pattern]) => [name, pattern.exec(piece)?.[1]] as const).find(([, value]) => value !== undefined);
    if (!found) throw new Unreadable(`${where}: không hiểu "${piece}" / not understood`);
    parts[found[0]] = found[1];
  }
  return parts;
}

// ---- Verbs

const badgeOf = (name: string): string => {
  const badge = CAST[name];
  if (badge === undefined) throw new Unreadable(`không có vai "${name}" / no such person`);
  return badge;
};
const idOf = async (scene: Scene, name: string): Promise<string> => {
  const badge = badgeOf(name);
  const known = scene.people.get(badge);
  if (known !== undefined) return known;
  const { body } = await scene.stage.ask(badge, 'GET', '/api/session');
  scene.people.set(badge, body.person_id as string);
  return body.person_id as string;
};
const codeOf = ({ scene, args }: Turn, at = 0): string => {
  const name = args[at] ?? '';
  return scene.names.get(name) ?? name;
};
const grams = (text: string | undefined): { weight_g?: number } => (text === undefined ? {} : { weight_g: Number(text) });

/** One checkpoint; "cùng X" brings the second person's confirmation of the permission the catalogue asks for. */
async function checkpoint(turn: Turn, kind: Kind, code: string | undefined, facts: object, more: object = {}): Promise<Answered> {
  const { scene, actor, parts } = turn;
  const badge = badgeOf(actor);
  const permission = CHECKPOINTS[kind].second ?? CHECKPOINTS[kind].second_if_marked;
  let confirmation = {};
  if (parts['second'] !== undefined && permission !== null) {
    const confirmed = await scene.stage.ask(badge, 'POST', '/api/session/second-person', { badge: badgeOf(parts['second']), pin: scene.stage.pin, permission });
    if (confirmed.status !== 201) return confirmed;
    confirmation = { confirmation: confirmed.body.confirmation };
  }
  const body = { checkpoint_id: uuid7(scene.stage.now()), kind, ...(code === undefined ? {} : { code }), facts, ...more, ...confirmation };
  scene.sent = { badge, body };
  return scene.stage.ask(badge, 'POST', '/api/checkpoints', body);
}
const naming = async (turn: Turn, answer: Promise<Answered>): Promise<Answered> => {
  const got = await answer;
  if (got.status === 201 && turn.args[0] !== undefined) turn.scene.names.set(turn.args[0], (got.body.code ?? got.body.trip_id ?? got.body.handover_id ?? got.body.run_id) as string);
  return got;
};
const ask = (turn: Turn, method: string, path: string, body?: unknown): Promise<Answered> => turn.scene.stage.ask(badgeOf(turn.actor), method, path, body);
const simple = (kind: Kind, facts: (parts: Parts) => object = () => ({})): Verb => (turn) => checkpoint(turn, kind, codeOf(turn), facts(turn.parts));
const reasoned = (kind: Kind): Verb => simple(kind, ({ reason }) => ({ reason_code: reason }));
const inBag = (kind: Kind, facts: (parts: Parts) => object = () => ({})): Verb => (turn) => checkpoint(turn, kind, codeOf(turn), { bag_code: codeOf(turn, 1), ...facts(turn.parts) });

function acceptance(turn: Turn): object {
  const { parts, scene } = turn;
  const measured = { weight_g: Number(parts['weight'] ?? 182), condition: parts['condition'] ?? 'intact' };
  if (parts['ordinary'] !== undefined) {
    const service_class = { 'thư': 'letter', 'bưu kiện': 'parcel', 'ấn phẩm': 'printed_matter' }[parts['ordinary']];
    return {
      facts: { service: { service_class, scope: 'INTRA' }, sender_identified_by: 'identity_card', addressee_postal_code: '25000', destination_office_code: parts['to'] ?? '240100', joint_check: service_class === 'letter' ? 'not_applicable' : 'done', article_12_declared: true, goods_class: service_class === 'parcel' ? 'food' : 'documents', ...measured },
      personal: { sender: { name: 'Nông Thị Mẫu', phone: '0200000101', address: 'Khu 3, Đồng Đăng' }, addressee: { name: 'Trần Văn Mẫu', address: '12 đường Mẫu, Lạng Sơn' }, declaration: { contents: 'Giấy tờ, bánh khảo' } },
    };
  }
  const secrecy = parts['mark'] ?? 'NONE';
  const urgency = URGENCY[parts['kt1'] ?? 'thường'] ?? 'NONE';
  const to = parts['to'] ?? 'LS-TU';
  return {
    facts: {
      service: { service_class: 'kt1', scope: 'INTRA', secrecy, urgency, ...(urgency === 'HEN_GIO' ? { appointed_at: new Date(scene.stage.now() + 4 * 3_600_000).toISOString() } : {}) },
      checklist: { kt1_stamp: true, envelope_layers: secrecy === 'A' ? 2 : 1, outer_mark: parts['cover'] ?? secrecy, secrecy_words_outside: false, opaque_and_intact: true, sealed: true, personal_mark: parts['personal_mark'] !== undefined },
      sender: { body_code: parts['from'] ?? 'LS-UBND-DD', card_no: parts['card'] ?? 'DD-0001' },
      addressee: /^\d{6}$/.test(to) ? { postal_code: '25100', destination_office_code: to } : { body_code: to },
      ...measured,
    },
  };
}

async function accept(turn: Turn): Promise<Answered> {
  const { facts, ...more } = acceptance(turn) as { facts: object };
  return naming(turn, checkpoint(turn, 'accepted', turn.parts['label'], facts, more));
}

/** The open difference about a number, as the actor's office sees it. */
async function discrepancyOf(turn: Turn): Promise<string> {
  const { body } = await ask(turn, 'GET', '/api/discrepancies?limit=200');
  const row = (body.rows as { discrepancy_id: string; code: string; state: string }[]).find((one) => one.code === codeOf(turn) && one.state !== 'decided' && one.state !== 'agreed');
  return row?.discrepancy_id ?? '00000000-0000-7000-8000-000000000000';
}

async function offer(turn: Turn): Promise<Answered> {
  const { scene, parts, args } = turn;
  const receiver = await idOf(scene, parts['receiver'] ?? '');
  const to = parts['vehicle'] === undefined ? { kind: 'person', ref: receiver } : { kind: 'vehicle', ref: parts['vehicle'] };
  const lines = args.slice(1).map((name) => ({ code: scene.names.get(name) ?? name, condition: parts['condition'] ?? 'intact', seal_nos: [] }));
  scene.opened.set(args[0] ?? '', JSON.stringify(to));
  return naming(turn, ask(turn, 'POST', '/api/handovers', { to, receiver_person_id: receiver, lines }));
}

/** CATALOGUE of what can be done. `_` stands for a name in brackets. */
const VERBS: { readonly [phrase: string]: Verb } = {
  'chấp nhận _': accept,
  'từ chối chấp nhận _': (turn) => naming(turn, checkpoint(turn, 'acceptance_refused', undefined, { service_class: turn.parts['ordinary'] === undefined ? 'kt1' : 'parcel', reason_code: turn.parts['reason'] })),
  'duyệt _': simple('approved'),
  'từ chối duyệt _': reasoned('approval_refused'),
  'quét _': simple('seen'),
  'cân lại _': simple('reweighed', ({ weight }) => grams(weight)),
  'ghi tình trạng _': simple('condition_recorded', ({ condition }) => ({ condition })),
  'in nhãn _': simple('label_printed', ({ reason }) => ({ size: '80x50', ...(reason === undefined ? {} : { reason_code: reason }) })),
  'gói lại _': simple('rewrapped', ({ reason, before, weight }) => ({ reason_code: reason, weight_before_g: Number(before), ...grams(weight) })),
  'đính chính _': (turn) => checkpoint(turn, 'corrected', codeOf(turn), { corrects: turn.scene.sent?.body.checkpoint_id, reason_code: turn.parts['reason'], ...grams(turn.parts['weight']) }),
  'mở chuyến _': (turn) => naming(turn, ask(turn, 'POST', '/api/trips', { to_office_code: turn.parts['to'] ?? '240100', mail: turn.parts['mail'] === undefined ? 'kt1' : 'ordinary', route_level: 2, guard_requested: turn.parts['guarded'] !== undefined })),
  'lệnh xe _': async (turn) => {
    const { parts, scene } = turn;
    const driver_person_id = await idOf(scene, parts['driver'] ?? 'LX');
    const escort = parts['escort'] === undefined ? {} : { escort_person_id: await idOf(scene, parts['escort']) };
    return ask(turn, 'PUT', `/api/trips/${codeOf(turn)}/vehicle`, { vehicle_no: parts['vehicle'], vehicle_dedicated: parts['dedicated'] === undefined, driver_person_id, ...escort, ...(parts['guard'] === undefined ? {} : { guard_present: true }) });
  },
  'mở túi _ cho chuyến _': (turn) => naming(turn, checkpoint(turn, 'bag_started', undefined, { trip_id: codeOf(turn, 1), manifest_bag: turn.parts['manifest'] !== undefined })),
  'đóng _ vào _': inBag('bagged'),
  'lấy _ khỏi _': inBag('taken_out_of_bag', ({ reason }) => ({ reason_code: reason })),
  'cấp niêm _': (turn) => ask(turn, 'POST', '/api/seals', { prefix: turn.args[0], from: 1, count: Number(turn.parts['no'] ?? 20), office_code: '243100' }),
  'hủy niêm _': (turn) => ask(turn, 'POST', `/api/seals/${codeOf(turn)}/void`, {}),
  'niêm phong _': simple('bag_sealed', ({ seal, count, gross, tare, last }) => ({ seal_nos: [seal], item_count: Number(count ?? 1), gross_g: Number(gross ?? 5000), tare_g: Number(tare ?? 300), last_of_trip: last !== undefined })),
  'mở lại túi _': reasoned('bag_reopened'),
  'hủy túi _': reasoned('bag_voided'),
  'cho _ rời bến': simple('bag_departed', ({ vehicle }) => ({ vehicle_no: vehicle })),
  'đón _': simple('bag_arrived', ({ gross }) => (gross === undefined ? {} : { gross_g: Number(gross) })),
  'soi niêm _': simple('seal_checked', ({ seal, found }) => ({ seal_no: seal, found: found ?? 'intact' })),
  'mở niêm _': async (turn) => {
    const opening_id = uuid7(turn.scene.stage.now());
    return checkpoint(turn, 'bag_unsealed', codeOf(turn), { opening_id, seal_nos: turn.parts['seal'] === undefined ? [] : [turn.parts['seal']], blind: turn.parts['blind'] !== undefined, ...(turn.parts['gross'] === undefined ? {} : { gross_g: Number(turn.parts['gross']) }) });
  },
  'đếm _ trong _': inBag('counted', ({ condition, weight, lane }) => ({ condition: condition ?? 'intact', ...grams(weight), ...(lane === undefined ? {} : { lane }) })),
  'báo thiếu _ trong _': inBag('missing', ({ reason }) => ({ reason_code: reason })),
  'báo thiếu túi _': (turn) => checkpoint(turn, 'missing', codeOf(turn), { bag_code: codeOf(turn), reason_code: turn.parts['reason'] }),
  'chốt _': simple('bag_emptied', ({ forced, reason }) => (forced === undefined ? {} : { forced_reason_code: reason })),
  'xem đối soát _': (turn) => ask(turn, 'GET', `/api/bags/${codeOf(turn)}/count`),
  'xem túi _': (turn) => ask(turn, 'GET', `/api/bags/${codeOf(turn)}`),
  'xem chuyến _': (turn) => ask(turn, 'GET', `/api/trips/${codeOf(turn)}`),
  'xem bản kê _': (turn) => ask(turn, 'GET', `/api/bags/${codeOf(turn)}/manifest`),
  'xem _': (turn) => ask(turn, 'GET', `/api/items/${codeOf(turn)}`),
  'xem hành trình _': (turn) => ask(turn, 'GET', `/api/items/${codeOf(turn)}/chain?limit=200`),
  'xem hồi báo _': (turn) => ask(turn, 'GET', `/api/items/${codeOf(turn)}/advice`),
  'trả lời sai lệch _': async (turn) => ask(turn, 'POST', `/api/discrepancies/${await discrepancyOf(turn)}/answer`, { agrees: turn.parts['refused'] === undefined, reason_code: turn.parts['reason'] }),
  'quyết định sai lệch _': async (turn) => ask(turn, 'POST', `/api/discrepancies/${await discrepancyOf(turn)}/decision`, { reason_code: turn.parts['reason'] }),
  'lập phiếu giao _ gồm _': offer,
  'lập phiếu giao _ gồm _ và _': offer,
  'nhận _ theo _': (turn) => checkpoint(turn, 'handed_over', codeOf(turn), { handover_id: codeOf(turn, 1), to: JSON.parse(turn.scene.opened.get(turn.args[1] ?? '') ?? '{}') as object, condition: turn.parts['condition'] ?? 'intact' }),
  'không nhận _ theo _': (turn) => ask(turn, 'POST', `/api/handovers/${codeOf(turn, 1)}/refusals`, { lines: [{ code: codeOf(turn), reason_code: turn.parts['reason'], condition: turn.parts['condition'] ?? 'intact' }] }),
  'trao tay _': async (turn) => checkpoint(turn, 'handed_over', codeOf(turn), { to: { kind: 'person', ref: await idOf(turn.scene, turn.parts['second'] ?? '') }, condition: turn.parts['condition'] ?? 'intact' }),
  'mở chuyến phát _': (turn) => naming(turn, ask(turn, 'POST', '/api/runs', {})),
  'giao bưu tá _': async (turn) => checkpoint(turn, 'signed_out', codeOf(turn), { courier_person_id: await idOf(turn.scene, turn.parts['second'] ?? '') }),
  'phát _': simple('delivered', ({ card, body, authority, paper }) => ({
    receiver_authority: authority === undefined ? 'card' : AUTHORITY[authority], ...(card === undefined ? {} : { receiver_card_no: card }), ...(body === undefined ? {} : { receiver_body_code: body }), ...(paper === undefined ? {} : { authority_no: paper }),
  })),
  'phát không được _': simple('attempted', ({ reason, evidence }) => ({ reason_code: reason, evidence: evidence === undefined ? [] : evidence.split(' và ') })),
  'gửi giấy mời _': simple('call_notice_left', ({ no }) => ({ notice_no: Number(no) })),
  'chuyển tiếp _': simple('redirected', ({ to }) => ({ destination_office_code: to, postal_code: '25100' })),
  'chuyển hoàn _': reasoned('return_started'),
  'trả người gửi _': simple('returned'),
  'cho người gửi rút _': simple('withdrawn'),
  'lập danh sách không người nhận _': simple('declared_unclaimed'),
  'đóng chuyến phát _': (turn) => ask(turn, 'POST', `/api/runs/${codeOf(turn)}/close`, {}),
  'gửi lại lần quét vừa rồi': (turn) => {
    const { badge, body } = turn.scene.sent ?? { badge: '', body: { facts: {} } };
    const again = turn.parts['other'] === undefined ? body : { ...body, facts: { ...body.facts, weight_g: 999 } };
    return turn.scene.stage.ask(badge, 'POST', '/api/checkpoints', again);
  },
};

// ---- Lines

type Line = { line: number; text: string; actor: string; phrase: string; args: string[]; parts: Parts; hopes: { line: number; text: string }[] } | { line: number; text: string; wait: number };

const DAY = 86_400_000;

/** Reads a journey. Throws Unreadable at the first line that says nothing known. */
export function readJourney(source: string): { title: string; tags: string[]; lines: Line[] } {
  const lines: Line[] = [];
  let title = '';
  const tags: string[] = [];
  for (const [i, raw] of source.split('\n').entries()) {
    const text = raw.trim();
    const where = `dòng ${i + 1} / line ${i + 1}`;
    if (text === '') continue;
    if (text.startsWith('#')) {
      tags.push(...[...text.matchAll(/@(\w+)/g)].map((match) => match[1] ?? ''));
      continue;
    }
    if (title === '') {
      title = text;
      continue;
    }
    const last = lines.at(-1);
    if (text.startsWith('→')) {
      if (!last || 'wait' in last) throw new Unreadable(`${where}: không có việc nào trước mũi tên / no act before the arrow`);
      for (const hope of text.slice(1).split(';')) last.hopes.push({ line: i + 1, text: hope.trim() });
      continue;
    }
    const wait = /^(\d+) ngày sau$/.exec(text)?.[1];
    if (wait !== undefined) {
      lines.push({ line: i + 1, text, wait: Number(wait) * DAY });
      continue;
    }
    const match = /^([^:[]+): ([^:]+?)(?:: (.+))?$/.exec(text);
    if (!match) throw new Unreadable(`${where}: không hiểu "${text}" / not understood`);
    const [, actor = '', doing = '', rest] = match;
    badgeOf(actor);
    const args = [...doing.matchAll(/\[([^\]]+)\]/g)].map((found) => found[1] ?? '');
    const phrase = doing.replaceAll(/\[[^\]]+\]/g, '_');
    if (!(phrase in VERBS)) throw new Unreadable(`${where}: không có việc "${phrase}" / no such act`);
    lines.push({ line: i + 1, text, actor, phrase, args, parts: partsOf(rest, where), hopes: [] });
  }
  if (!lines.some((line) => 'hopes' in line && line.hopes.length > 0)) throw new Unreadable('hành trình không chờ điều gì / nothing is expected');
  return { title, tags, lines };
}

const stateOf = new Map<string, string>(Object.entries(STATES).map(([state, [vi]]) => [vi, state]));

async function holds(hope: string, answer: Answered, scene: Scene): Promise<{ ok: boolean; came: string }> {
  const { body } = answer;
  const refusal = /^từ chối (\w+)$/.exec(hope)?.[1];
  if (refusal !== undefined) return { ok: body?.refusal === refusal, came: body?.refusal ?? `${answer.status}` };
  if (answer.status >= 300) return { ok: false, came: `${answer.status} ${body?.refusal ?? ''} ${body?.vi ?? ''} ${JSON.stringify(body?.facts ?? {})}` };
  if (hope === 'được') return { ok: true, came: `${answer.status}` };
  const flag = /^cờ (\w+)$/.exec(hope)?.[1];
  if (flag !== undefined) return { ok: (body.flags as string[]).includes(flag), came: JSON.stringify(body.flags) };
  if (hope === 'không cờ') return { ok: body.flags?.length === 0, came: JSON.stringify(body.flags) };
  const holder = /^người giữ (.+)$/.exec(hope)?.[1];
  if (holder !== undefined) {
    const { kind, ref } = body.custodian as { kind: string; ref: string };
    const bag = /^túi \[(.+)\]$/.exec(holder)?.[1];
    if (bag !== undefined) return { ok: kind === 'bag', came: `${kind} ${ref}` };
    if (holder === 'cơ quan nhận') return { ok: kind === 'addressee', came: `${kind} ${ref}` };
    if (holder === 'người gửi') return { ok: kind === 'sender', came: `${kind} ${ref}` };
    if (holder.startsWith('xe ')) return { ok: kind === 'vehicle' && ref === holder.slice(3), came: `${kind} ${ref}` };
    return { ok: ref === (await idOf(scene, holder)), came: `${kind} ${ref}` };
  }
  const field = /^([\w.]+) = (.+)$/.exec(hope);
  if (field) {
    const [, name = '', wanted = ''] = field;
    const value: unknown = name.split('.').reduce<any>((at, key) => at?.[key], body);
    const shown = typeof value === 'string' ? value : JSON.stringify(value ?? null);
    return { ok: shown === (scene.names.get(wanted) ?? wanted), came: `${name} = ${shown}` };
  }
  const state = stateOf.get(hope);
  if (state === undefined) throw new Unreadable(`không hiểu "→ ${hope}" / not understood`);
  return { ok: body.state === state, came: `${body.state}` };
}

/** Plays a journey from its first line; goes on after a hope that failed, so that all are told. */
export async function play(source: string, stage: Stage, names: ReadonlyMap<string, string> = new Map()): Promise<Played[]> {
  const { lines } = readJourney(source);
  const scene: Scene = { stage, names: new Map(names), people: new Map(), last: { status: 0, body: null }, sent: null, opened: new Map() };
  const played: Played[] = [];
  for (const line of lines) {
    if ('wait' in line) {
      if (!stage.advance) throw new Unreadable(`dòng ${line.line}: máy chủ này không cho thời gian trôi / time cannot pass on this server`);
      stage.advance(line.wait);
      played.push({ line: line.line, text: line.text, ok: true, came: '' });
      continue;
    }
    const verb = VERBS[line.phrase];
    if (!verb) throw new Unreadable(line.phrase);
    const answer = await verb({ actor: line.actor, args: line.args, parts: line.parts, scene });
    scene.last = answer;
    const refused = answer.status >= 300;
    const expected = line.hopes.some((hope) => hope.text.startsWith('từ chối'));
    played.push({ line: line.line, text: line.text, ok: !refused || expected, came: refused ? `${answer.body?.refusal ?? answer.status}: ${answer.body?.vi ?? ''} ${JSON.stringify(answer.body?.facts ?? {})}` : `${answer.body?.code ?? ''} ${answer.body?.state ?? ''}`.trim() });
    for (const hope of line.hopes) played.push({ line: hope.line, text: `→ ${hope.text}`, ...(await holds(hope.text, answer, scene)) });
  }
  return played;
}

/** Every phrase a journey may use, for the help and for the test that each is used. */
export const PHRASES: readonly string[] = Object.keys(VERBS);
