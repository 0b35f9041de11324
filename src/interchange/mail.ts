// A message as an e-mail through the operator's SMTP server (Node). Thin like the webhook: it says that there is something to read, not
// what; the same Message-ID at every attempt.

import nodemailer from 'nodemailer';
import { MESSAGES, wireId } from '../domain/message.ts';
import type { Message } from '../domain/message.ts';
import type { Sent } from './webhook.ts';

export type Post = (to: string, message: Message) => Promise<Sent>;

const SMTP_OK = 250;

/** `url`: smtp://user:password@host:port or smtps://…; `from`: the mailbox that letters come from. */
export function mailer(url: string, from: string): { post: Post; close: () => void } {
  const transport = nodemailer.createTransport({ url, pool: true, maxConnections: 2, connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 15_000, disableFileAccess: true, disableUrlAccess: true });
  return {
    async post(to, message) {
      const [vi, en] = MESSAGES[message.kind];
      const id = wireId(message.message_id);
      try {
        await transport.sendMail({
          from, to, subject: `Niêm: ${vi}`, messageId: `<${id}@niem>`, headers: { 'Auto-Submitted': 'auto-generated', 'X-Niem-Message': id },
          text: `${vi}.\nĐăng nhập Niêm để đọc; thư này không chứa nội dung.\nMã: ${message.subject_kind} ${message.subject_id}\n\n${en}.\nSign in to read it; this letter holds no content.\n`,
        });
        return { status: SMTP_OK, problem: null };
      } catch (error) {
        const { responseCode, code } = error as { responseCode?: number; code?: string };
        return responseCode === undefined ? { status: null, problem: (code ?? 'unreachable').toLowerCase().slice(0, 40) } : { status: responseCode, problem: 'smtp_refused' };
      }
    },
    close: () => transport.close(),
  };
}
