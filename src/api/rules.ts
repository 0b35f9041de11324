// Screening rules: read, propose, replay, publish, end. What is judged at the counter is never asked for here.

import { Refused } from '../base/refusal.ts';
import { endRule, keepReplay, proposeRule, publishRule } from '../acts/rule.ts';
import { CHECKPOINTS } from '../domain/checkpoint.ts';
import { Instant, OfficeCode, Uuid7 } from '../domain/facts.ts';
import { AUDIENCES, EFFECTS, EXPRESSION_MAX, RULE_FACTS, SEVERITIES } from '../domain/rule.ts';
import { INDICATORS } from '../domain/rule_catalogue.ts';
import { SERVICE_CLASSES } from '../domain/service.ts';
import { entriesOfKind } from '../ledger/journal.ts';
import { foldPeriods } from '../domain/period.ts';
import { loadLeansOn, loadVersion } from '../store/rules.ts';
import { replay, REPLAY_DAYS_MAX } from '../views/replay.ts';
import { replaysOf, rulesOf } from '../views/rules.ts';
import { invalidInput } from './body.ts';
import { json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';

const Rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) }).openapi('RuleRows');
const One = z.record(z.string(), z.unknown()).openapi('RuleRow');
const Done = z.object({ done: z.literal(true) });
const done = { done: true } as const;
const VersionId = z.object({ rule_version_id: Uuid7 });
const RuleCode = z.string().regex(/^[A-Z]{2,5}[0-9]{1,3}$/).meta({ example: 'SND4' });
const Words = z.string().min(3).max(160);
const keysOf = <T extends object>(catalogue: T) => Object.keys(catalogue) as [keyof T & string, ...(keyof T & string)[]];

const Proposal = z.strictObject({
  rule_code: RuleCode, name_vi: Words, name_en: Words, severity: z.enum(keysOf(SEVERITIES)), effect: z.enum(keysOf(EFFECTS)), audience: z.enum(keysOf(AUDIENCES)).default('duty'),
  kinds: z.array(z.enum(keysOf(CHECKPOINTS))).min(1).max(20), service_classes: z.array(z.enum(keysOf(SERVICE_CLASSES))).min(1).optional(), office_codes: z.array(OfficeCode).min(1).max(200).optional(),
  expression: z.string().min(1).max(EXPRESSION_MAX).meta({ description: 'CEL over the facts of GET /api/rules/facts', example: 'sender.addressees_24h >= 8' }),
  act_code: z.string().regex(/^[a-z0-9_]{2,40}$/).optional(), valid_from: Instant, valid_until: Instant,
}).openapi('RuleProposal');

const Day = z.iso.date();
const Days = z.strictObject({ from_day: Day, to_day: Day });

/** Throws a Refused unless the version is there and for the caller's eyes. */
async function visible(c: Edge, rule_version_id: string) {
  const { read } = c.get('services').store;
  const row = await read.selectFrom('rule_version').select('audience').where('rule_version_id', '=', rule_version_id).executeTakeFirst();
  const version = row && (row.audience === 'duty' || c.get('caller').permissions.has('rule.audit')) ? await loadVersion(read, rule_version_id) : null;
  if (version === null) throw new Refused('unknown_rule');
  return version;
}

export const rules = newRouter()
  .openapi(
    route('rule.read', { method: 'get', path: '/api/rules', tags: ['rules'], summary: 'Versions of rules, with hits and what came of them', request: { query: z.object({ rule_code: RuleCode.optional(), state: z.enum(['draft', 'published', 'ended']).optional() }) } }, 200, Rows),
    async (c) => c.json({ rows: await rulesOf(c.get('services').store.read, c.get('caller'), c.req.valid('query')) }, 200),
  )
  .openapi(
    route('rule.read', { method: 'get', path: '/api/rules/facts', tags: ['rules'], summary: 'Facts that a rule may name, by group, each with its type' }, 200, One),
    (c) => c.json({ facts: Object.fromEntries(Object.entries(RULE_FACTS).map(([group, fields]) => [group, Object.entries(fields).map(([fact, [type, vi, en]]) => ({ fact: `${group}.${fact}`, type, vi, en }))])) }, 200),
  )
  .openapi(
    route('rule.read', { method: 'get', path: '/api/rules/catalogue', tags: ['rules'], summary: 'The indicators that are shipped, to be proposed as they are or changed' }, 200, Rows),
    (c) => c.json({ rows: Object.entries(INDICATORS).filter(([, { audience }]) => audience === 'duty' || c.get('caller').permissions.has('rule.audit')).map(([rule_code, { vi, en, ...rest }]) => ({ rule_code, name_vi: vi, name_en: en, ...rest })) } as never, 200),
  )
  .openapi(
    route('rule.write', { method: 'post', path: '/api/rules', tags: ['rules'], summary: 'Propose a version: a draft that judges nothing', request: json(Proposal) }, 201, z.object({ rule_version_id: z.string(), version: z.int() }).openapi('RuleDraft')),
    async (c) => {
      const { service_classes = null, office_codes = null, act_code = null, valid_from, valid_until, ...rest } = c.req.valid('json');
      const { store, clock } = c.get('services');
      if (rest.audience === 'audit' && !c.get('caller').permissions.has('rule.audit')) throw new Refused('not_permitted', { permission: 'rule.audit' });
      const proposal = { ...rest, service_classes, office_codes, act_code, valid_from: Date.parse(valid_from), valid_until: Date.parse(valid_until) };
      return c.json(await proposeRule(store.write, c.get('caller'), proposal, clock()), 201);
    },
  )
  .openapi(
    route('rule.write', { method: 'post', path: '/api/rules/{rule_version_id}/replay', tags: ['rules'], summary: `Run a version over past traffic, at most ${REPLAY_DAYS_MAX} days: what it would have hit, by office and day`, request: { params: VersionId, ...json(Days) } }, 200, One),
    async (c) => {
      const days = c.req.valid('json');
      const span = (Date.parse(days.to_day) - Date.parse(days.from_day)) / 86_400_000 + 1;
      if (span < 1 || span > REPLAY_DAYS_MAX) throw invalidInput('to_day', `từ 1 đến ${REPLAY_DAYS_MAX} ngày`, `1 to ${REPLAY_DAYS_MAX} days`);
      const { store, clock } = c.get('services');
      const version = await visible(c, c.req.valid('param').rule_version_id);
      const shown = await replay(store, version, { ...(await loadLeansOn(store.read)), periods: foldPeriods(await entriesOfKind(store.read, 'period')) }, days);
      await keepReplay(store.write, c.get('caller'), version.rule_version_id, { ...days, seen: shown.seen, hits: shown.units, confirmed: shown.confirmed, cleared: shown.cleared }, clock());
      return c.json(shown as never, 200);
    },
  )
  .openapi(
    route('rule.read', { method: 'get', path: '/api/rules/{rule_version_id}/replays', tags: ['rules'], summary: 'Earlier replays of a version', request: { params: VersionId } }, 200, Rows),
    async (c) => {
      const { rule_version_id } = await visible(c, c.req.valid('param').rule_version_id);
      return c.json({ rows: await replaysOf(c.get('services').store.read, rule_version_id) }, 200);
    },
  )
  .openapi(
    route('rule.publish', { method: 'post', path: '/api/rules/{rule_version_id}/publish', tags: ['rules'], summary: 'Put a draft in force; ends the version before. Another person than its author', request: { params: VersionId } }, 200, Done),
    async (c) => {
      const { store, clock, forgetRules } = c.get('services');
      const { rule_version_id } = await visible(c, c.req.valid('param').rule_version_id);
      await publishRule(store.write, c.get('caller'), rule_version_id, clock());
      forgetRules();
      return c.json(done, 200);
    },
  )
  .openapi(
    route('rule.publish', { method: 'post', path: '/api/rules/{rule_version_id}/end', tags: ['rules'], summary: 'Withdraw a draft, or take a version out of force', request: { params: VersionId } }, 200, Done),
    async (c) => {
      const { store, clock, forgetRules } = c.get('services');
      const { rule_version_id } = await visible(c, c.req.valid('param').rule_version_id);
      await endRule(store.write, c.get('caller'), rule_version_id, clock());
      forgetRules();
      return c.json(done, 200);
    },
  );
