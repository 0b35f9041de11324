// `niem`: the command line for the same API. Sign in, accept, scan, show an item, its chain, its label.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { uuid7 } from './base/id.ts';
import { systemClock } from './base/time.ts';
import { readNoticeFile } from './interchange/notice_file.ts';
import { play } from './journey.ts';
import { niemClient } from './client.ts';

const HELP = `niem — dòng lệnh cho sổ hành trình / command line for the chain of custody

  niem sign-in BADGE [--pin PIN] [--office CODE]   đăng nhập (PIN: --pin hoặc NIEM_PIN)
  niem me                                          tôi là ai
  niem accept FILE.json                            chấp nhận bưu gửi (facts, personal trong tệp; - là stdin)
  niem approve CODE                                duyệt (kiểm soát viên)
  niem scan CODE                                   quét thấy
  niem weigh CODE GRAMS                            cân lại
  niem item CODE                                   xem bưu gửi
  niem chain CODE                                  xem hành trình
  niem label CODE [--size 80x50] [--format svg|png|pdf] --out FILE
  niem verify                                      kiểm chứng sổ
  niem self-check                                  máy chủ tự kiểm: lược đồ, chốt chặn, quyền, mốc, khóa / the installation looks at itself
  niem play FILE.txt [--pin PIN]                   đi một hành trình (tests/journeys) trên máy chủ này / play a journey on this server
  niem notice FILE.txt --key KEY                   kiểm chứng tệp tin báo, không cần mạng / check a notice carried as a file
  niem sign-out
  --url URL (mặc định/default http://127.0.0.1:8787, hoặc NIEM_URL)   --json (in nguyên câu trả lời)`;

const sessionFile = path.join(process.env.XDG_CONFIG_HOME ?? path.join(homedir(), '.config'), 'niem', 'session.json');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' }, pin: { type: 'string' }, office: { type: 'string' }, size: { type: 'string', default: '80x50' },
    key: { type: 'string' }, format: { type: 'string', default: 'svg' }, out: { type: 'string' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
  },
});

class Told extends Error {}

function saved(): { url: string; token: string } | null {
  try {
    return JSON.parse(readFileSync(sessionFile, 'utf8')) as { url: string; token: string };
  } catch {
    return null;
  }
}

const url = values.url ?? process.env.NIEM_URL ?? saved()?.url ?? 'http://127.0.0.1:8787';
const client = () => {
  const token = saved()?.token;
  if (token === undefined) throw new Told('Chưa đăng nhập: niem sign-in BADGE / not signed in');
  return niemClient(url, token);
};

/** The body of a good answer; a refusal is told in both languages and ends the program with status 1. */
async function answer<T>(response: { ok: boolean; status: number; json(): Promise<unknown> }): Promise<T> {
  const body = (await response.json()) as T & { vi?: string; remedy_vi?: string; en?: string; remedy_en?: string; refusal?: string };
  if (response.ok) return body;
  throw new Told(`✗ ${body.vi ?? ''} ${body.remedy_vi ?? ''}\n  ${body.en ?? ''} ${body.remedy_en ?? ''}\n  (${response.status} ${body.refusal ?? ''})`);
}

const print = (body: unknown, short: () => string): void => void process.stdout.write(`${values.json ? JSON.stringify(body, null, 2) : short()}\n`);

type Receipt = { code: string; kind: string; state: string; unit_seq: number; received_at: string; flags: string[]; hash: string };

async function post(checkpoint: object): Promise<void> {
  const body = { checkpoint_id: uuid7(systemClock()), ...checkpoint };
  const receipt = await answer<Receipt>(await client().api.checkpoints.$post({ json: body as never }));
  print(receipt, () => `✓ ${receipt.code}  ${receipt.kind} → ${receipt.state}  #${receipt.unit_seq}  ${receipt.received_at}${receipt.flags.length > 0 ? `  ⚑ ${receipt.flags.join(', ')}` : ''}\n  ${receipt.hash}`);
}

function need(value: string | undefined, name: string): string {
  if (value === undefined) throw new Told(`Thiếu ${name} / missing ${name}\n\n${HELP}`);
  return value;
}

type Chain = { checkpoints: { unit_seq: number; kind_vi: string; state_vi: string; received_at: string; office_code: string | null; person: { full_name: string }; flags: { vi: string }[]; hash: string; linked: boolean }[]; complete: boolean };

const COMMANDS: { [command: string]: (first?: string, second?: string) => Promise<void> } = {
  async 'sign-in'(badge) {
    const pin = values.pin ?? process.env.NIEM_PIN;
    const json = { badge: need(badge, 'BADGE'), pin: need(pin, '--pin'), ...(values.office === undefined ? {} : { office_code: values.office }) };
    const { token, expires_at } = await answer<{ token: string; expires_at: string }>(await niemClient(url).api.sessions.$post({ json }));
    mkdirSync(path.dirname(sessionFile), { recursive: true, mode: 0o700 });
    writeFileSync(sessionFile, JSON.stringify({ url, token }), { mode: 0o600 });
    print({ expires_at }, () => `✓ ${json.badge} — hết hạn / expires ${expires_at}`);
  },
  async 'sign-out'() {
    await answer(await client().api.session.$delete());
    rmSync(sessionFile, { force: true });
    print({ done: true }, () => '✓');
  },
  async me() {
    const me = await answer<{ full_name: string; badge: string; office_code: string | null; agency_code: string | null; roles: string[] }>(await client().api.session.$get());
    print(me, () => `${me.full_name} (${me.badge}) · ${me.office_code ?? me.agency_code ?? ''} · ${me.roles.join(', ')}`);
  },
  accept: (file) => post({ kind: 'accepted', ...(JSON.parse(readFileSync(need(file, 'FILE') === '-' ? 0 : need(file, 'FILE'), 'utf8')) as object) }),
  approve: (code) => post({ kind: 'approved', code: need(code, 'CODE'), facts: {} }),
  scan: (code) => post({ kind: 'seen', code: need(code, 'CODE'), facts: {} }),
  weigh: (code, grams) => post({ kind: 'reweighed', code: need(code, 'CODE'), facts: { weight_g: Number(need(grams, 'GRAMS')) } }),
  async item(code) {
    const item = await answer<{ code: string; service_vi: string; state_vi: string; weight_g: number; office_code: string; custodian: { kind: string; ref: string } }>(await client().api.items[':code'].$get({ param: { code: need(code, 'CODE') } }));
    print(item, () => `${item.code}  ${item.service_vi}  ${item.weight_g} g  ${item.state_vi}  @${item.office_code}  ${item.custodian.kind} ${item.custodian.ref}`);
  },
  async chain(code) {
    const chain = await answer<Chain>(await client().api.items[':code'].chain.$get({ param: { code: need(code, 'CODE') }, query: { limit: '200' } }));
    const line = (c: Chain['checkpoints'][number]): string =>
      `${c.linked ? '│' : '✗'} ${String(c.unit_seq).padStart(3)}  ${c.received_at}  ${(c.office_code ?? '').padEnd(6)}  ${c.kind_vi.padEnd(24)} ${c.state_vi.padEnd(28)} ${c.person.full_name}${c.flags.map((f) => `  ⚑ ${f.vi}`).join('')}  ${c.hash.slice(0, 16)}…`;
    print(chain, () => [...chain.checkpoints.map(line), chain.complete ? '✓ chuỗi nguyên vẹn / chain intact' : '… còn nữa / more, or broken'].join('\n'));
  },
  async label(code) {
    const response = await fetch(`${url}/api/items/${need(code, 'CODE')}/label?format=${values.format}&size=${values.size}`, { headers: { authorization: `Bearer ${saved()?.token ?? ''}` } });
    if (!response.ok) await answer(response);
    writeFileSync(need(values.out, '--out'), Buffer.from(await response.arrayBuffer()));
    print({ out: values.out }, () => `✓ ${values.out ?? ''}`);
  },
  async play(file) {
    const series = [0, 1, 2].map(() => String.fromCharCode(65 + (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % 26)).join('');
    // Seals are used once for ever: played again, a journey takes a series of its own.
    const source = readFileSync(need(file, 'FILE'), 'utf8').replaceAll(/\bJ[A-Z](?=\d{6}|\])/g, series);
    const played = await play(source, { ask: company(values.pin ?? process.env.NIEM_PIN ?? ''), pin: values.pin ?? process.env.NIEM_PIN ?? '', now: systemClock });
    for (const step of played) process.stdout.write(`${step.ok ? '✓' : '✗'} ${String(step.line).padStart(3)}  ${step.text.padEnd(70)} ${step.came}\n`);
    if (played.some((step) => !step.ok)) process.exitCode = 1;
  },
  async 'self-check'() {
    const result = await answer<{ ok: boolean; checks: { check: string; ok: boolean | null; vi: string; found: string }[] }>(await client().api.audit['self-check'].$get());
    print(result, () => result.checks.map((c) => `${c.ok === null ? '⊘' : c.ok ? '✓' : '✗'} ${c.vi}: ${c.found}`).join('\n'));
    if (!result.ok) process.exitCode = 1;
  },
  async notice(file) {
    const text = readFileSync(need(file, 'FILE'), 'utf8');
    try {
      const facts = await readNoticeFile(text, need(values.key, '--key'));
      print(facts, () => `✓ Tin báo nguyên vẹn, đúng chữ ký / intact, signed by this key\n\n${text}`);
    } catch (error) {
      if (error instanceof Told) throw error;
      throw new Told(`✗ Tin báo KHÔNG đúng chữ ký hoặc đã bị sửa / not signed by this key, or altered: ${(error as Error).message}`);
    }
  },
  async verify() {
    const verdict = await answer<{ checkpoints: number; units: number; faults: { table: string; key: string; column: string; problem: string }[] }>(await client().api.ledger.verdict.$get());
    print(verdict, () => [`${verdict.checkpoints} mốc / checkpoints, ${verdict.units} bưu gửi và túi / units`, ...verdict.faults.map((f) => `✗ ${f.table} ${f.key} ${f.column}: ${f.problem}`), verdict.faults.length === 0 ? '✓ nguyên vẹn / intact' : ''].join('\n').trim());
    if (verdict.faults.length > 0) process.exitCode = 1;
  },
};

/** Every person of a journey by a session of his own, kept for as long as it plays. */
function company(pin: string): (badge: string, method: string, path: string, body?: unknown) => Promise<{ status: number; body: any }> {
  const tokens = new Map<string, string>();
  const send = async (method: string, route: string, token: string | undefined, body?: unknown): Promise<{ status: number; body: any }> => {
    const response = await fetch(`${url}${route}`, { method, headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: response.status, body: await response.json() };
  };
  return async (badge, method, route, body) => {
    const token = tokens.get(badge) ?? (await answer<{ token: string }>(await niemClient(url).api.sessions.$post({ json: { badge, pin } }))).token;
    tokens.set(badge, token);
    return send(method, route, token, body);
  };
}

const [command, ...rest] = positionals;
const chosen = command === undefined || values.help ? undefined : COMMANDS[command];
if (chosen === undefined) process.stdout.write(`${HELP}\n`);
else {
  try {
    await chosen(...rest);
  } catch (error) {
    const reachable = error instanceof Told ? error.message : error instanceof TypeError && error.message === 'fetch failed' ? `Không nối được ${url} / cannot reach ${url}` : String(error);
    process.stderr.write(`${reachable}\n`);
    process.exitCode = 1;
  }
}
