// The installation looks at itself, for an inspector: schema, triggers, rights, durability, head, witnesses, clock, keys. Each line says
// what was found; `ok` null: cannot be told here. It runs on the very server it judges: an honest one says so, and whoever
// distrusts it verifies a bundle elsewhere.

import { sql } from 'kysely';
import type { Store } from '../store/connect.ts';
import { logState } from './log.ts';

export type Check = { check: string; ok: boolean | null; vi: string; en: string; found: string };

const HEAD_AGE_MAX_S = 300;
const CLOCK_OFF_MAX_MS = 2_000;
/** Nothing may be taken from these. */
const KEPT = ['checkpoint', 'journal_entry', 'refused_claim', 'casefile_entry', 'log_entry', 'log_record', 'log_head', 'log_cosignature', 'read_log', 'erasure', 'written_record', 'legal_basis'];
const WALLED = ['watch_list', 'watch_entry', 'watch_decision', 'watch_hit', 'casefile', 'casefile_party', 'casefile_entry', 'casefile_words', 'casefile_evidence', 'casefile_unit', 'casefile_read'];

type Facts = { version: number | null; server: string; fsync: string; synchronous_commit: string; full_page_writes: string; checksums: string; superusers: number; app_super: boolean; app_owns: number; unarmed: string[]; open: string[]; unwalled: string[]; unvalidated: string[]; now_ms: number; other_keys: number };

export async function selfCheck(store: Store, now_ms: number, quorum: string | null): Promise<Check[]> {
  const { rows } = await sql<Facts>`
with kept (name) as (select unnest(${KEPT}::text[])), walled (name) as (select unnest(${WALLED}::text[]))
select (select max(version) from schema_version) as version, current_setting('server_version') as server, current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
  current_setting('full_page_writes') as full_page_writes, current_setting('data_checksums') as checksums,
  (select count(*)::int from pg_roles where rolsuper) as superusers, (select bool_or(rolsuper or rolbypassrls) from pg_roles where rolname = 'niem_app') as app_super,
  (select count(*)::int from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname in ('niem_app', 'niem_reader') and c.relnamespace = 'public'::regnamespace) as app_owns,
  (select coalesce(array_agg(distinct c.relname || '.' || t.tgname order by c.relname || '.' || t.tgname), '{}') from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal and c.relnamespace = 'public'::regnamespace and (t.tgenabled in ('D', 'R') or (t.tgname like '%append_only' or t.tgname like '%no_truncate') and t.tgenabled <> 'A'))
    || (select coalesce(array_agg(name || ': no trigger'), '{}') from kept where to_regclass(name) is not null and not exists (select from pg_trigger t where t.tgrelid = to_regclass(kept.name) and not t.tgisinternal and t.tgenabled = 'A')) as unarmed,
  (select coalesce(array_agg(name || ' ' || p), '{}') from kept, unnest(array['delete', 'truncate']) p where to_regclass(name) is not null and has_table_privilege('niem_app'::name, to_regclass(name)::oid, p)) as open,
  (select coalesce(array_agg(name), '{}') from walled join pg_class c on c.oid = to_regclass(name) where not (c.relrowsecurity and c.relforcerowsecurity)) as unwalled,
  (select coalesce(array_agg(conname::text), '{}') from pg_constraint where not convalidated and connamespace = 'public'::regnamespace) as unvalidated,
  (extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms,
  (select count(*)::int from personal_key where key_id is distinct from ${store.vault.key_id}::bytea) as other_keys`.execute(store.write);
  const f = rows[0];
  if (!f) return [];
  const log = await logState(store.read, now_ms);
  const none = (list: readonly string[]): string => (list.length === 0 ? '—' : list.slice(0, 10).join(', '));
  const off = Math.round(Math.abs(f.now_ms - now_ms));
  const line = (check: string, ok: boolean | null, vi: string, en: string, found: string): Check => ({ check, ok, vi, en, found });
  const behind = log.size > (log.head_size ?? 0);
  return [
    line('schema', f.version !== null && f.unvalidated.length === 0, 'Lược đồ đủ, mọi ràng buộc đã kiểm', 'The schema is whole and every constraint validated', `${f.version ?? '—'}; ${none(f.unvalidated)}`),
    line('durable', f.fsync === 'on' && f.full_page_writes === 'on' && f.synchronous_commit !== 'off', 'Ghi là bền: fsync, full_page_writes, synchronous_commit', 'What is written is durable', `PostgreSQL ${f.server}; ${f.fsync}, ${f.full_page_writes}, ${f.synchronous_commit}`),
    line('checksums', f.checksums === 'on', 'Trang dữ liệu có mã kiểm', 'Data pages have checksums', f.checksums),
    line('triggers', f.unarmed.length === 0, 'Mọi chốt chặn sửa, xóa đang bật', 'Every trigger against change is armed', none(f.unarmed)),
    line('rights', f.open.length === 0 && f.app_owns === 0 && !f.app_super, 'Ứng dụng không sửa, xóa được sổ và không vượt quyền', 'The app cannot take from the ledger and stands under row security', `${none(f.open)}; ${f.app_owns} owned`),
    line('superusers', f.superusers <= 1 ? null : false, 'Chỉ một tài khoản siêu quyền, không ai dùng hằng ngày', 'One superuser at most, used by nobody day by day', String(f.superusers)),
    line('walls', f.unwalled.length === 0, 'Dữ liệu của từng cơ quan được ngăn bằng RLS bắt buộc', 'What belongs to agencies stands behind forced row-level security', none(f.unwalled)),
    line('head', log.size === 0 ? null : !behind || (log.head_age_s ?? Number.POSITIVE_INFINITY) <= HEAD_AGE_MAX_S, 'Mốc sổ đã ký theo kịp sổ', 'The signed head keeps up with the log', `${log.head_size ?? 0}/${log.size}, ${log.head_age_s ?? '—'} s, ${log.pending} chờ/pending`),
    line('witnesses', log.size === 0 ? null : quorum !== null && log.cosigned_size !== null && log.cosigned_size === log.head_size, 'Các bên chứng kiến đã ký mốc mới nhất', 'The witnesses have cosigned the last head', `${log.cosigned_size ?? 0}; quorum ${quorum ?? 'none'}`),
    line('alarms', log.alarms.length === 0, 'Không có báo động về chứng cứ', 'No alarm about the proof is open', none(log.alarms.map((alarm) => `${alarm.alarm} ${alarm.subject}`))),
    line('clock', off <= CLOCK_OFF_MAX_MS, 'Giờ máy chủ và giờ cơ sở dữ liệu khớp nhau', "The server's and the database's clocks agree", `${off} ms`),
    line('personal_key', store.vault.key_id !== null && f.other_keys === 0, 'Có khóa dữ liệu cá nhân, đúng khóa đã dùng', 'The key of the personal data is here, and the one that was used', store.vault.key_id === null ? '—' : `${Buffer.from(store.vault.key_id).toString('hex')}; ${f.other_keys}`),
  ];
}
