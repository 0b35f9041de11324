// Biên bản: what the ledger prefills of one, and those that were drawn. Tells no mark and no content of any item.

import { decode } from '../base/canonical.ts';
import { hex } from '../base/bytes.ts';
import { civilText, instant } from '../base/time.ts';
import { DIFFERENCES, RECORD_FORMS, tell } from '../domain/record_form.ts';
import type { RecordContent, RecordForm } from '../domain/record_form.ts';
import type { Caller } from '../domain/role.ts';
import { SERVICE_CLASSES, URGENCIES } from '../domain/service.ts';
import type { Read } from '../store/connect.ts';
import { chainByCode, itemByCode } from './item.ts';

/** Entries told on one paper, the last ones; more would not fit the bytes of a record. */
const STEPS_MAX = 14;
const ENTRIES_LOOKED_AT = 200;

export type Prefilled = Omit<RecordContent, 'number' | 'drawn_at'> & { unit_id: string };

/** What a record of this form would say now; null: no such unit, or the difference is not of it and this office. */
export async function prefillRecord(db: Read, form: RecordForm, code: string, discrepancy_id: string | null, caller: Caller): Promise<Prefilled | null> {
  const unit = await db.selectFrom('unit').select(['unit_id', 'unit_kind', 'unit_seq', 'head_hash']).where('code', '=', code).where('superseded_by', 'is', null).executeTakeFirst();
  const office_code = caller.office_code ?? '';
  if (!unit) return null;
  const [chain, item, bag, office, acts, reasons, people, difference] = await Promise.all([
    chainByCode(db, code, caller, { after_seq: Math.max(0, unit.unit_seq - ENTRIES_LOOKED_AT), limit: ENTRIES_LOOKED_AT }),
    itemByCode(db, code, caller),
    db.selectFrom('bag').select(['origin_office_code', 'destination_office_code', 'serial']).where('unit_id', '=', unit.unit_id).executeTakeFirst(),
    db.selectFrom('office').select('name_vi').where('office_code', '=', office_code).orderBy('valid_from', 'desc').executeTakeFirst(),
    db.selectFrom('legal_act').select(['act_code', 'number', 'title_vi']).where('act_code', 'in', [...RECORD_FORMS[form].acts, '']).orderBy('act_code').execute(),
    db.selectFrom('reason').select(['reason_code', 'name_vi']).orderBy('reason_list', 'desc').execute(),
    db.selectFrom('person').select(['person_id', 'badge', 'full_name']).where('person_id', 'in', (eb) => eb.selectFrom('checkpoint').select('person_id').where('unit_id', '=', unit.unit_id)).execute(),
    discrepancy_id === null ? null : db
      .selectFrom('discrepancy').select(['discrepancy_kind', 'code', 'unit_id', 'office_found', 'office_asked', 'state', 'opened_at', 'found_reason_code', 'answer_reason_code', 'answered_at', 'decision_reason_code', 'decided_at', 'hint'])
      .where('discrepancy_id', '=', discrepancy_id).where('code', '=', code).where((eb) => eb.or([eb('office_found', '=', office_code), eb('office_asked', '=', office_code)])).executeTakeFirst(),
  ]);
  if (!chain || !office || (discrepancy_id !== null && !difference)) return null;
  const said = new Map(reasons.map((r) => [r.reason_code, r.name_vi]));
  const seconds = new Map(people.map((p) => [p.person_id, `${p.full_name} (${p.badge})`]));
  const { kinds } = RECORD_FORMS[form];
  const lines: [string, string][] = [['Số hiệu', code]];
  if (item) {
    lines.push(
      ['Dịch vụ', [SERVICE_CLASSES[item.service_class][0], URGENCIES[item.urgency][0]].filter(Boolean).join(' · ')],
      ['Chấp nhận', `${civilText(Date.parse(item.accepted_at))} tại ${item.accepted_office_code}`],
      ['Khối lượng ghi sổ', `${item.weight_g} g`], ['Bưu cục phát', item.destination_office_code ?? '—'], ['Trạng thái', item.state_vi], ['Đang bị giữ', item.held ? 'có' : 'không'],
    );
  }
  if (bag) lines.push(['Túi số', String(bag.serial)], ['Từ bưu cục', bag.origin_office_code], ['Đến bưu cục', bag.destination_office_code]);
  if (difference) {
    const told = (name: string, reason_code: string | null, at: Date | null): [string, string][] => (reason_code === null ? [] : [[name, `${said.get(reason_code) ?? reason_code}${at === null ? '' : `, ${civilText(at.getTime())}`}`]]);
    lines.push(
      ['Chênh lệch', DIFFERENCES[difference.discrepancy_kind]?.[0] ?? difference.discrepancy_kind], ['Bưu cục phát hiện', difference.office_found], ['Bưu cục được hỏi', difference.office_asked],
      ...told('Phát hiện', difference.found_reason_code, difference.opened_at), ...told('Trả lời', difference.answer_reason_code, difference.answered_at), ...told('Kết luận', difference.decision_reason_code, difference.decided_at),
    );
  }
  const steps = chain.checkpoints.filter((entry) => (kinds as readonly string[]).includes(entry.kind)).slice(-STEPS_MAX).map((entry) => ({
    at: Date.parse(entry.received_at),
    what: entry.kind_vi,
    where: entry.office_code ?? '',
    who: [`${entry.person.full_name} (${entry.person.badge})`, entry.second_person_id === null ? null : (seconds.get(entry.second_person_id) ?? null)].filter((who) => who !== null).join(', '),
    said: tell(entry.facts ?? {}, said).slice(0, 400),
  }));
  return {
    format: 'niem.record/1', form, unit_id: unit.unit_id, office_code, office_vi: office.name_vi, drawn_by: `${caller.full_name} (${caller.badge})`, code, unit_kind: unit.unit_kind as 'item' | 'bag', head_hash: hex(unit.head_hash),
    acts: acts.map((act) => (act.number === null ? act.title_vi : `${act.title_vi} (${act.number})`)), lines, steps,
  };
}

type Asked = { record_id: string } | { digest: Uint8Array };

/** One record with its scans; null: none, or of another office. `office_code` null: whoever holds the digest holds the paper. */
export async function recordBy(db: Read, asked: Asked, office_code: string | null) {
  let query = db.selectFrom('written_record').selectAll();
  query = 'digest' in asked ? query.where('digest', '=', asked.digest) : query.where('record_id', '=', asked.record_id);
  if (office_code !== null) query = query.where('office_code', '=', office_code);
  const row = await query.executeTakeFirst();
  if (!row) return null;
  const scans = await db.selectFrom('written_record_scan').select(['scan_no', 'digest', 'bytes', 'media_type', 'attached_at']).where('record_id', '=', row.record_id).orderBy('scan_no').execute();
  return {
    record_id: row.record_id, form: row.form as RecordForm, digest: hex(row.digest), drawn_at: instant(row.drawn_at.getTime()), content: decode(new Uint8Array(row.content)) as unknown as RecordContent,
    scans: scans.map((scan) => ({ ...scan, digest: hex(scan.digest), attached_at: instant(scan.attached_at.getTime()) })),
  };
}

/** Records of an office, newest first. */
export async function recordsOf(db: Read, office_code: string, page: { code?: string | undefined; limit: number }) {
  let query = db
    .selectFrom('written_record').innerJoin('unit', 'unit.unit_id', 'written_record.unit_id')
    .select(['record_id', 'form', 'record_year', 'record_no', 'unit.code', 'drawn_at'])
    .select((eb) => eb.selectFrom('written_record_scan').select(eb.fn.countAll<number>().as('n')).whereRef('written_record_scan.record_id', '=', 'written_record.record_id').as('scans'))
    .where('written_record.office_code', '=', office_code).orderBy('record_id', 'desc').limit(page.limit);
  if (page.code !== undefined) query = query.where('unit.code', '=', page.code);
  const rows = await query.execute();
  return rows.map((row) => ({ ...row, form: row.form as RecordForm, form_vi: RECORD_FORMS[row.form as RecordForm].vi, drawn_at: instant(row.drawn_at.getTime()), scans: row.scans ?? 0 }));
}
