// Incidents: the prompt channel from detection to the first notice and on to the end; drills are marked as drills.

import { Refused } from '../base/refusal.ts';
import { Uuid7 } from '../domain/facts.ts';
import { incidentList, incidentScreen } from '../views/incident.ts';
import { json, newRouter, route, z } from './edge.ts';
import { entryInput, Recorded, recordPosted, Row, Rows } from './journal.ts';

export const incidents = newRouter()
  .openapi(
    route('signed_in', { method: 'post', path: '/api/incidents', tags: ['incidents'], summary: 'Report an incident or a drill, note who was told, what was done, close it', request: json(entryInput('incident')) }, 201, Recorded),
    async (c) => c.json(await recordPosted(c, c.req.valid('json')), 201),
  )
  .openapi(route('incident.report', { method: 'get', path: '/api/incidents', tags: ['incidents'], summary: 'Incidents of my unit with their clocks, or all for those who handle them' }, 200, Rows), async (c) => {
    const { store, clock, reference } = c.get('services');
    return c.json({ rows: await incidentList(store.read, c.get('caller'), (await reference()).holidays, clock()) }, 200);
  })
  .openapi(
    route('incident.report', { method: 'get', path: '/api/incidents/{incident_id}', tags: ['incidents'], summary: 'One incident: clock, whom to tell, who was told, measures, end', request: { params: z.object({ incident_id: Uuid7 }) } }, 200, Row),
    async (c) => {
      const { store, clock, reference } = c.get('services');
      const screen = await incidentScreen(store.read, c.req.valid('param').incident_id, c.get('caller'), (await reference()).holidays, clock());
      if (!screen) throw new Refused('unknown_case');
      return c.json(screen as never, 200);
    },
  );
