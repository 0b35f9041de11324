// CATALOGUE of what is told to the systems of agencies and offices, and the form it takes on the wire: Standard Webhooks. Thin: ids and
// kinds only, so that whoever wants to know more signs in and is logged. Reads no clock, no database, no secret.

export const MESSAGES = {
  'notice.raised': ['Có tin báo mới', 'A notice was raised'],
  'notice.repeated': ['Nhắc lại tin báo chưa xác nhận', 'A notice nobody acknowledged is repeated'],
  'notice.escalated': ['Tin báo chưa xác nhận đã chuyển trực ban', 'A notice nobody acknowledged went to the duty roster'],
  'notice.acknowledged': ['Tin báo đã được xác nhận', 'A notice was acknowledged'],
  'casefile.changed': ['Hồ sơ phối hợp có mục mới', 'A casefile has a new entry'],
  'look_ups.exceeded': ['Tra cứu vượt hạn mức', 'Look-ups went beyond the budget'],
  'endpoint.tested': ['Thử địa chỉ nhận tin', 'Test of an endpoint'],
} as const satisfies Record<string, readonly [vi: string, en: string]>;
export type MessageKind = keyof typeof MESSAGES;

/** What a message is about; messages of one subject arrive in the order of their writing. */
export type MessageSubject = 'notice' | 'casefile' | 'incident' | 'endpoint';
export type Message = {
  message_id: string;
  kind: MessageKind;
  subject_kind: MessageSubject;
  subject_id: string;
  ref_id: string | null;
  made_at_ms: number;
};

/** Standard Webhooks asks for no more than 20 kB; ours are a few hundred bytes. */
export const PAYLOAD_BYTES_MAX = 20_000;

/** Waits after the first, second … failed attempt, as Standard Webhooks has them: 75 hours and 35 minutes in all. */
const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
export const LADDER_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR] as const;

/** Until the next attempt after `attempts` failed ones; null: the ladder is at its end. */
export const waitAfter = (attempts: number): number | null => LADDER_MS[attempts - 1] ?? null;

/** The same bytes at every attempt. */
export function payloadOf({ kind, made_at_ms, subject_kind, subject_id, ref_id }: Message): string {
  return JSON.stringify({ type: kind, timestamp: new Date(made_at_ms).toISOString(), data: { subject_kind, subject_id, ref_id } });
}

/** `webhook-id`: the same at every attempt, so that a receiver that got it twice sees it. */
export const wireId = (message_id: string): string => `msg_${message_id}`;

/** What a signature covers. */
export const signedText = (message_id: string, at_s: number, payload: string): string => `${wireId(message_id)}.${at_s}.${payload}`;

/** `v1a`: Ed25519, the receiver holds nothing secret. `v1`: HMAC-SHA256, for receivers whose library knows no other. */
export const SCHEMES = ['v1a', 'v1'] as const;
export type Scheme = (typeof SCHEMES)[number];
export const CHANNELS = ['webhook', 'email'] as const;
export type Channel = (typeof CHANNELS)[number];

/**
 * Whether a text may be the address of a webhook. `lan_hosts`: hosts inside the house, named by the operator; only they may be asked by
 * plain HTTP or at another port. Where a name leads is looked at when something is sent.
 */
export function badUrl(text: string, lan_hosts: ReadonlySet<string>): readonly [vi: string, en: string] | null {
  if (!URL.canParse(text)) return ['không phải địa chỉ', 'is no address'];
  const url = new URL(text);
  const inside = lan_hosts.has(url.hostname);
  if (url.protocol !== 'https:' && !(inside && url.protocol === 'http:')) return ['phải là https', 'must be https'];
  if (url.port !== '' && !inside) return ['chỉ cổng 443', 'port 443 only'];
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    return ['không được chứa tên, mật khẩu, dấu #', 'may hold no name, password or #'];
  return null;
}
