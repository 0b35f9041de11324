// Directives: letters with obligations for each unit, answered by operators, departments and telecom firms alike.

import { Refused } from '../base/refusal.ts';
import { Uuid7 } from '../domain/facts.ts';
import { executionSheet } from '../interchange/execution_sheet.ts';
import { directiveList, directiveScreen } from '../views/directive.ts';
import { json, newRouter, route, z } from './edge.ts';
import type { Edge } from './edge.ts';
import { entryInput, Recorded, recordPosted, Row, Rows } from './journal.ts';

const DirectiveId = z.object({ directive_id: Uuid7 });

async function screenOf(c: Edge, directive_id: string) {
  const { store, clock } = c.get('services');
  const screen = await directiveScreen(store.read, directive_id, c.get('caller'), clock());
  if (!screen) throw new Refused('unknown_case');
  return screen;
}

export const directives = newRouter()
  .openapi(
    route('signed_in', { method: 'post', path: '/api/directives', tags: ['directives'], summary: 'Enter a letter (from a file, whole), acknowledge, name a leader, report, judge, forward, close', request: json(entryInput('directive')) }, 201, Recorded),
    async (c) => c.json(await recordPosted(c, c.req.valid('json')), 201),
  )
  .openapi(route('directive.answer', { method: 'get', path: '/api/directives', tags: ['directives'], summary: 'Directives that concern my unit, newest first' }, 200, Rows), async (c) =>
    c.json({ rows: await directiveList(c.get('services').store.read, c.get('caller'), c.get('services').clock()) }, 200),
  )
  .openapi(route('directive.answer', { method: 'get', path: '/api/directives/{directive_id}', tags: ['directives'], summary: 'The board of one: letter, tree of recipients, obligations', request: { params: DirectiveId } }, 200, Row), async (c) =>
    c.json((await screenOf(c, c.req.valid('param').directive_id)) as never, 200),
  )
  .openapi(route('directive.answer', { method: 'get', path: '/api/directives/{directive_id}/execution', tags: ['directives'], summary: 'The state of execution to print', request: { params: DirectiveId } }, 200, Row), async (c) =>
    c.html(executionSheet(await screenOf(c, c.req.valid('param').directive_id))) as never,
  );
