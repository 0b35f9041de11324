// Configuration by environment, checked at the start: one clear sentence an error.

import * as z from 'zod';

const url = z.string().regex(/^postgres(ql)?:\/\/.+/, 'must be a postgres:// URL');

const origin = z.string().regex(/^[a-z0-9._-]+(\/[a-z0-9._{}-]+)+$/, 'must be a name with slashes, as niem.example/lang-son/{year}');
const host = z.string().min(1).default('127.0.0.1');
const port = (standard: number) => z.coerce.number().int().min(0).max(65_535).default(standard);
const token = z.string().min(20, 'must be at least 20 characters');

const Config = z.object({
  DATABASE_URL: url.optional(),
  MIGRATE_DATABASE_URL: url.optional(),
  HOST: host,
  PORT: port(8787),
  NIEM_DIR: z.string().min(1).default('.niem'),
  NIEM_PROFILE: z.enum(['lan', 'edge']).default('lan'),
  NIEM_EDGE_HANDLES_SECRECY: z.enum(['0', '1']).default('0'),
  NIEM_IDLE_MINUTES: z.coerce.number().int().min(1).max(60).default(5),
  NIEM_IMPORT_KEY: z
    .string()
    .regex(/^[A-Za-z0-9_-]{100,400}$/, 'must be a P-256 private key, PKCS #8 in base64url')
    .optional(),
  NIEM_LOG_ORIGIN: origin.default('niem.example/lang-son/{year}'),
  NIEM_LOG_POLICY: z.string().min(1).optional(),
  NIEM_SIGNER_URL: z.url().optional(),
  NIEM_SIGNER_TOKEN: token.optional(),
  NIEM_PROMISE_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, 'must be 32 bytes in base64')
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
  /** https://KEY:SECRET@host/bucket?region=… */
  NIEM_EVIDENCE_S3: z
    .string()
    .regex(
      /^https?:\/\/[^\s:@/]+:[^\s:@/]+@[^\s@?]+\/[a-z0-9.-]+(\?region=[a-z0-9-]+)?$/,
      'must be https://KEY:SECRET@host/bucket?region=REGION',
    )
    .optional(),
  NIEM_LOG: z.enum(['silent', 'error', 'info']).default('info'),
});
export type Config = z.infer<typeof Config>;

const Signer = z.object({
  HOST: host,
  PORT: port(8790),
  NIEM_SIGNER_DIR: z.string().min(1).default('.niem-signer'),
  NIEM_SIGNER_TOKEN: token,
  NIEM_LOG_ORIGIN: origin.default('niem.example/lang-son/{year}'),
});
const Witness = z.object({
  HOST: host,
  PORT: port(8791),
  NIEM_WITNESS_DIR: z.string().min(1).default('.niem-witness'),
  NIEM_WITNESS_NAME: z.string().regex(/^[a-z0-9._/-]{3,80}$/),
  NIEM_WITNESS_LOGS: z.string().min(1),
});

type Environment = { [name: string]: string | undefined };
export const readConfig = (env: Environment): Config => read(Config, env);
export const readSignerConfig = (env: Environment) => read(Signer, env);
export const readWitnessConfig = (env: Environment) => read(Witness, env);

/** Throws an Error whose message has one line per wrong variable. */
function read<T extends z.ZodType>(schema: T, env: Environment): z.infer<T> {
  // An empty variable is an absent one: shells and compose files often leave them so.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new Error(
    result.error.issues.map((issue) => `Cấu hình sai / wrong configuration: ${issue.path.join('.')}: ${issue.message}`).join('\n'),
  );
}
