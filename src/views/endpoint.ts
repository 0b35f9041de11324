// Endpoints and their messages as their own party sees them, through the database's functions: they look up whose token it is.

import { sql } from 'kysely';
import { instant } from '../base/time.ts';
import { MESSAGES } from '../domain/message.ts';
import type { MessageKind } from '../domain/message.ts';
import type { Write } from '../store/connect.ts';

const at = (date: Date | null): string | null => (date === null ? null : instant(date.getTime()));

type EndpointRow = { endpoint_id: string; channel: string; address: string; made_at: Date; made_by: string; second_person_id: string; paused_until: Date | null; suspended_at: Date | null; ended_at: Date | null; waiting: number; delivered: number; last_delivered_at: Date | null; keys: { key_id: string; scheme: string; made_at: string; ends_at: string | null }[] };

/** All of my party, newest first, the ended ones too. */
export async function endpointsOf(db: Write, token: string) {
  const { rows } = await sql<EndpointRow>`select * from party_endpoints(${token})`.execute(db);
  return rows.map((row) => ({
    ...row, made_at: instant(row.made_at.getTime()), paused_until: at(row.paused_until), suspended_at: at(row.suspended_at), ended_at: at(row.ended_at), last_delivered_at: at(row.last_delivered_at),
    keys: row.keys.map((key) => ({ ...key, made_at: instant(Date.parse(key.made_at)), ends_at: key.ends_at === null ? null : instant(Date.parse(key.ends_at)) })),
  }));
}

type MessageRow = { message_no: number; message_id: string; kind: MessageKind; subject_kind: string; subject_id: string; ref_id: string | null; made_at: Date; attempts: number; next_at: Date; last_status: number | null; last_problem: string | null; delivered_at: Date | null };

/** Messages to one endpoint of mine, newest first; another's has none. */
export async function messagesOf(db: Write, token: string, endpoint_id: string, page: { before: number | null; limit: number }) {
  const { rows } = await sql<MessageRow>`select * from party_messages(${token}, ${endpoint_id}, ${page.before}::bigint, ${page.limit})`.execute(db);
  return rows.map((row) => ({ ...row, kind_vi: MESSAGES[row.kind][0], kind_en: MESSAGES[row.kind][1], made_at: instant(row.made_at.getTime()), next_at: instant(row.next_at.getTime()), delivered_at: at(row.delivered_at) }));
}
