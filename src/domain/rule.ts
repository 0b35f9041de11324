// Rules: CEL expressions over declared, typed facts. A rule that names a fact that is not declared here, or compares a number
// with a word, is refused before it is stored. Pure: the same facts and the same text give the same answer for ever.

import { Environment } from '@marcbachmann/cel-js';
import { Refused } from '../base/refusal.ts';
import type { Kind } from './facts.ts';

export const SEVERITIES = {
  low: ['Thấp', 'Low'],
  medium: ['Vừa', 'Medium'],
  high: ['Cao', 'High'],
  critical: ['Nguy cấp: không chạm vào', 'Critical: do not touch'],
} as const;
export type Severity = keyof typeof SEVERITIES;
export const EFFECTS = {
  hold: ['Giữ lại', 'Hold'],
  flag: ['Báo trực ban', 'Tell the duty officer'],
  shadow: ['Chạy thử, chỉ đếm', 'Shadow: only counted'],
} as const;
export type Effect = keyof typeof EFFECTS;
export const AUDIENCES = { duty: ['Trực ban', 'Duty officer'], audit: ['Kiểm tra nội bộ', 'Audit'] } as const;
export type Audience = keyof typeof AUDIENCES;

type FactType = 'bool' | 'int' | 'string' | 'list<string>';
type FactEntry = readonly [type: FactType, vi: string, en: string];

/**
 * CATALOGUE of the facts a rule may speak of. Counts end at HISTORY_MAX. No nationality, ethnicity, religion or belief stands here, no
 * name, and nothing of what is inside a KT1 item.
 */
export const RULE_FACTS = {
  checkpoint: {
    kind: ['string', 'Loại mốc', 'Kind of checkpoint'],
    office: ['string', 'Bưu cục', 'Office'],
    reason: ['string', 'Mã lý do', 'Reason code'],
    hour: ['int', 'Giờ (Việt Nam)', 'Hour in Việt Nam'],
  },
  sample: { lot: ['int', 'Số thăm 0–9999, không đoán trước được', 'Lot 0-9999 from the checkpoint id, which nobody can guess'] },
  item: {
    unit: ['string', 'Bưu gửi hay túi', 'item or bag'],
    kt1: ['bool', 'KT1', 'KT1'],
    service_class: ['string', 'Dịch vụ', 'Service class'],
    scope: ['string', 'Phạm vi', 'INTRA or INTER'],
    weight_g: ['int', 'Khối lượng (g)', 'Weight in grams'],
    volume_cm3: ['int', 'Thể tích (cm³), 0: chưa đo', 'Volume in cm³, 0: not measured'],
    grams_per_litre: ['int', 'Gam trên lít, 0: chưa đo', 'Grams a litre, 0: not measured'],
    goods_class: ['string', 'Loại hàng kê khai', 'Goods class declared'],
    conditional: ['list<string>', 'Hàng có điều kiện', 'Conditional goods declared'],
    papers: ['int', 'Số giấy tờ kèm theo', 'Papers named for them'],
    restrictive_mark: ['bool', 'Có dấu hạn chế bên ngoài', 'Restrictive mark outside'],
    signs: ['list<string>', 'Dấu hiệu bên ngoài', 'Signs seen outside'],
  },
  sender: {
    registered: ['bool', 'Có trong danh bạ KT1', 'In the KT1 register'],
    identified_by: ['string', 'Xác minh bằng', 'Identified by'],
    address_incomplete: ['bool', 'Địa chỉ không đầy đủ', 'Address incomplete'],
    address_elsewhere: ['bool', 'Địa chỉ ở tỉnh khác nơi gửi', 'Address in another province than the office'],
    first_seen: ['bool', 'Số điện thoại chưa gửi trong 30 ngày', 'Phone not seen in 30 days'],
    items_24h: ['int', 'Bưu gửi trong 24 giờ, kể cả bưu gửi này', 'Items in 24 h, this one included'],
    items_7d: ['int', 'Bưu gửi trong 7 ngày', 'Items in 7 days'],
    addressees_24h: ['int', 'Số người nhận trong 24 giờ', 'Addressees in 24 h'],
    addressees_7d: ['int', 'Số người nhận trong 7 ngày', 'Addressees in 7 days'],
    names_30d: ['int', 'Số họ tên cùng số điện thoại, 30 ngày', 'Names with one phone in 30 days'],
    names_at_address_30d: ['int', 'Số họ tên cùng địa chỉ, 30 ngày', 'Names at one address in 30 days'],
    phones_at_address_30d: ['int', 'Số điện thoại cùng địa chỉ, 30 ngày', 'Phones at one address in 30 days'],
    offices_24h: ['int', 'Số bưu cục trong 24 giờ', 'Offices in 24 h'],
    uncollected_30d: ['int', 'Bưu gửi chưa ai nhận, 30 ngày', 'Items nobody collected in 30 days'],
    confirmed_30d: ['int', 'Bưu gửi đã kết luận vi phạm, 30 ngày', 'Items confirmed in 30 days'],
  },
  addressee: {
    address_incomplete: ['bool', 'Địa chỉ không đầy đủ', 'Address incomplete'],
    shared_place: ['bool', 'Chung cư, quán, điểm gửi nhờ không số phòng', 'Flats, cafe or depot without a room number'],
    title_only: ['bool', 'Chỉ có chức danh', 'Title without a name'],
    protected_body: ['bool', 'Địa chỉ cơ quan được bảo vệ', 'Address of a protected body'],
    senders_7d: ['int', 'Số người gửi tới địa chỉ, 7 ngày', 'Senders to the address in 7 days'],
    names_at_address_30d: ['int', 'Số họ tên cùng địa chỉ, 30 ngày', 'Names at one address in 30 days'],
  },
  declaration: {
    generic: ['bool', 'Kê khai chung chung', 'Generic declaration'],
    gift: ['bool', 'Kê khai quà biếu', 'Declared as a gift'],
    printed: ['bool', 'Kê khai ấn phẩm', 'Declares printed matter'],
    season_goods: ['bool', 'Kê khai pháo, đồ chơi, gậy', 'Declares crackers, toys, batons'],
  },
  route: {
    border: ['bool', 'Từ hoặc đến bưu cục biên giới', 'From or to a border office'],
    hotspot: ['bool', 'Nhận tại địa bàn trọng điểm', 'Accepted at a hotspot office'],
    capital: ['bool', 'Gửi về thủ đô', 'Bound for the capital'],
    uncollected_30d: ['int', 'Bưu gửi cùng tuyến chưa ai nhận, 30 ngày', 'Items of the route nobody collected in 30 days'],
  },
  weight: {
    known: ['bool', 'Có cân', 'Weighed here'],
    drift_g: ['int', 'Lệch khối lượng (g)', 'Difference in grams'],
    drifts: ['bool', 'Lệch quá sai số', 'Beyond tolerance'],
  },
  seal: { checked: ['bool', 'Có kiểm tra niêm phong', 'Seal checked'], agrees: ['bool', 'Niêm phong khớp', 'Seal agrees'] },
  scan: {
    gap_minutes: ['int', 'Phút từ mốc trước', 'Minutes since the checkpoint before'],
    travel_known: ['bool', 'Biết thời gian đi', 'Travel time known'],
    travel_minutes: ['int', 'Thời gian đi ít nhất (phút)', 'Least travel time in minutes'],
    flags: ['list<string>', 'Cờ của mốc', 'Flags of the checkpoint'],
  },
  screening: { method: ['string', 'Phương pháp soi', 'Screening method'], result: ['string', 'Kết quả soi', 'Screening result'] },
  clerk: { odd_identities_24h: ['int', 'Lần ghi “khách quen” cho người lạ, 24 giờ', 'Strangers accepted as known customers in 24 h'] },
  period: {
    active: ['bool', 'Đang trong đợt cao điểm', 'Heightened period'],
    season: ['bool', 'Đang trong mùa cao điểm', 'Season'],
    weight: ['int', 'Trọng số của quy tắc này theo lệnh, % (bình thường 100)', "This rule's weight by order, per cent (usually 100)"],
    grade: [
      'int',
      'Mức rủi ro theo lệnh của tuyến, địa bàn, loại (1: bình thường)',
      'Risk grade by order of the route, area or kind (1: usual)',
    ],
  },
} as const satisfies Record<string, Record<string, FactEntry>>;

export type FactGroup = keyof typeof RULE_FACTS;
type ValueOf<T> = T extends 'bool' ? boolean : T extends 'int' ? number : T extends 'string' ? string : readonly string[];
/** Facts of one moment, group by group. A group that no rule names is never computed. */
export type RuleFacts = {
  [G in FactGroup]: {
    [F in keyof (typeof RULE_FACTS)[G]]: (typeof RULE_FACTS)[G][F] extends readonly [infer T, ...unknown[]] ? ValueOf<T> : never;
  };
};
export type FactValue = boolean | number | string | readonly string[];
/** Path (`sender.items_24h`) to value, as a hit keeps them. */
export type UsedFacts = { readonly [path: string]: FactValue };

/** What a version says, as far as judging needs it. `expression` compiles. */
export type RuleVersion = {
  rule_version_id: string;
  rule_code: string;
  version: number;
  severity: Severity;
  kinds: readonly Kind[];
  service_classes: readonly string[] | null;
  office_codes: readonly string[] | null;
  expression: string;
  effect: Effect;
  valid_from: number;
  valid_until: number;
};

export const EXPRESSION_MAX = 1000;
const GROUPS = Object.keys(RULE_FACTS) as FactGroup[];
const MISSING: { [T in FactType]: FactValue } = { bool: false, int: 0, string: '', 'list<string>': [] };

/** CEL's integers are 64 bit: numbers become bigints where they enter an expression. */
type Holder = new (values: { readonly [field: string]: FactValue }) => object;
const holders = {} as { [G in FactGroup]: Holder };
const environment = new Environment({
  limits: { maxAstNodes: 300, maxDepth: 30, maxListElements: 60, maxMapEntries: 5, maxCallArguments: 5 },
});
for (const group of GROUPS) {
  const fields = Object.entries(RULE_FACTS[group]) as [string, FactEntry][];
  // oxlint-disable-next-line typescript/no-extraneous-class -- the expression language knows a type by its constructor
  const holder = class {
    constructor(values: { readonly [field: string]: FactValue }) {
      for (const [field, [type]] of fields) {
        const value = values[field] ?? MISSING[type];
        (this as unknown as { [field: string]: unknown })[field] = type === 'int' ? BigInt(value as number) : value;
      }
    }
  };
  holders[group] = holder;
  const name = `Facts_${group}`;
  environment.registerType(name, { ctor: holder, fields: Object.fromEntries(fields.map(([field, [type]]) => [field, type])) });
  environment.registerVariable(group, name);
}

export type Compiled = { run: (context: object) => boolean; groups: readonly FactGroup[]; used: readonly string[] };
const compiled = new Map<string, Compiled>();
const COMPILED_MAX = 5_000;

/** An expression made ready, once. Throws a Refused that says what is wrong with it. */
export function compile(expression: string): Compiled {
  const known = compiled.get(expression);
  if (known) return known;
  const invalid = (problem: string): Refused => new Refused('rule_invalid', { problem });
  if (expression.length > EXPRESSION_MAX) throw invalid(`> ${EXPRESSION_MAX}`);
  let program: (context: object) => unknown;
  try {
    const checked = environment.check(expression);
    if (!checked.valid) throw checked.error ?? new Error('not valid');
    if (String(checked.type) !== 'bool') throw new Error(`gives ${String(checked.type)}, not bool`);
    program = environment.parse(expression);
  } catch (error) {
    throw invalid(((error as Error).message.split('\n')[0] ?? '').slice(0, 200));
  }
  const text = expression.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  const used = GROUPS.flatMap((group) =>
    Object.keys(RULE_FACTS[group])
      .filter((field) => new RegExp(`\\b${group}\\s*\\.\\s*${field}\\b`).test(text))
      .map((field) => `${group}.${field}`),
  );
  const result: Compiled = {
    used,
    groups: [...new Set(used.map((path) => path.split('.')[0] as FactGroup))],
    // An expression that cannot be worked out, a division by nought, is no hit; the same facts always say so again.
    run(context) {
      try {
        return program(context) === true;
      } catch {
        return false;
      }
    },
  };
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(expression, result);
  return result;
}

export type Hit = { version: RuleVersion; facts: UsedFacts };

/** `groupOf` gives the facts of a group; it is asked once for each group that a rule names, and for each rule where orders weigh rules. */
export function judge(
  versions: readonly RuleVersion[],
  groupOf: <G extends FactGroup>(group: G, version: RuleVersion) => RuleFacts[G],
): Hit[] {
  const context: { [group: string]: object } = {};
  const plain: { [group: string]: { readonly [field: string]: FactValue } } = {};
  const hits: Hit[] = [];
  for (const version of versions) {
    const { groups, run, used } = compile(version.expression);
    for (const group of groups) {
      if (context[group] !== undefined && group !== 'period') continue;
      const values = groupOf(group, version) as { readonly [field: string]: FactValue };
      plain[group] = values;
      context[group] = new holders[group](values);
    }
    if (run(context)) hits.push({ version, facts: factsAt(used, plain) });
  }
  return hits;
}

function factsAt(used: readonly string[], plain: { [group: string]: { readonly [field: string]: FactValue } }): UsedFacts {
  const facts: { [path: string]: FactValue } = {};
  for (const path of used) {
    const [group = '', field = ''] = path.split('.');
    const value = plain[group]?.[field];
    if (value !== undefined) facts[path] = value;
  }
  return facts;
}

/** Whether an expression is true of the facts that a hit kept: exactly those it names, each of its declared type. */
export function recompute(expression: string, facts: UsedFacts): boolean {
  const { groups, used, run } = compile(expression);
  if (Object.keys(facts).toSorted().join() !== used.toSorted().join() || !used.every((path) => ofType(path, facts[path]))) return false;
  return run(
    Object.fromEntries(
      groups.map((group) => [
        group,
        new holders[group](
          Object.fromEntries(
            used.filter((path) => path.startsWith(`${group}.`)).map((path) => [path.slice(group.length + 1), facts[path] as FactValue]),
          ),
        ),
      ]),
    ),
  );
}

const entryOf = (path: string): FactEntry | undefined => {
  const [group = '', field = ''] = path.split('.');
  return (RULE_FACTS as { [group: string]: { [field: string]: FactEntry } })[group]?.[field];
};

function ofType(path: string, value: FactValue | undefined): boolean {
  const type = entryOf(path)?.[0];
  if (type === 'bool') return typeof value === 'boolean';
  if (type === 'int') return typeof value === 'number' && Number.isSafeInteger(value);
  if (type === 'string') return typeof value === 'string';
  return Array.isArray(value) && value.every((member) => typeof member === 'string');
}

/** A fact in words, for the explanation of a hit. */
export const factWords = (path: string): { vi: string; en: string } => {
  const entry = entryOf(path);
  return { vi: entry?.[1] ?? path, en: entry?.[2] ?? path };
};

/** Versions to be asked at a moment. */
export const inForce = (version: RuleVersion, at: { now_ms: number; service_class: string; office_code: string | null }): boolean =>
  version.valid_from <= at.now_ms &&
  at.now_ms < version.valid_until &&
  (version.service_classes === null || version.service_classes.includes(at.service_class)) &&
  (version.office_codes === null || version.office_codes.includes(at.office_code ?? ''));
