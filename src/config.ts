// Configuration by environment, checked at the start: one clear sentence an error.

import * as z from 'zod';

const url = z.string().regex(/^postgres(ql)?:\/\/.+/, 'must be a postgres:// URL');

const Config = z.object({
  DATABASE_URL: url.optional(),
  MIGRATE_DATABASE_URL: url.optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8787),
  NIEM_DIR: z.string().min(1).default('.niem'),
  NIEM_PROFILE: z.enum(['lan', 'edge']).default('lan'),
  NIEM_EDGE_HANDLES_SECRECY: z.enum(['0', '1']).default('0'),
  NIEM_IDLE_MINUTES: z.coerce.number().int().min(1).max(60).default(5),
  NIEM_IMPORT_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{100,400}$/, 'must be a P-256 private key, PKCS #8 in base64url')
    .optional(),
  NIEM_LAN_HOSTS: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]-]{1,80}(,[A-Za-z0-9.:[\]-]{1,80}){0,19}$/, 'must be host names or addresses with commas between them')
    .optional(),
  NIEM_SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/.+/, 'must be an smtp:// or smtps:// URL')
    .optional(),
  NIEM_SMTP_FROM: z.email().default('niem@localhost.localdomain'),
  NIEM_PERSONAL_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 random bytes in base64url')
    .optional(),
  NIEM_LOG: z.enum(['silent', 'error', 'info']).default('info'),
});
export type Config = z.infer<typeof Config>;

/** Throws an Error whose message has one line per wrong variable. */
export function readConfig(env: { [name: string]: string | undefined }): Config {
  // An empty variable is an absent one: shells and compose files often leave them so.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = Config.safeParse(given);
  if (result.success) return result.data;
  throw new Error(
    result.error.issues.map((issue) => `Cấu hình sai / wrong configuration: ${issue.path.join('.')}: ${issue.message}`).join('\n'),
  );
}
