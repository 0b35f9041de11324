// Ending a hold: by another person than the one who raised it, and what an agency holds only once its casefile has decided so. A hold
// itself is an ordinary step (step.ts).

import { Refused } from '../base/refusal.ts';
import { authorise, decideStep } from '../domain/decide.ts';
import type { Facts } from '../domain/facts.ts';
import type { Need } from '../ledger/append.ts';
import { entryOf } from '../ledger/entry.ts';
import type { Statement } from '../store/connect.ts';
import { draftOf } from './act.ts';
import type { Act } from './act.ts';

type Hold = { checkpoint_id: string; raised_by: string; by_agency: boolean; decided: boolean };

const HOLDS: Statement = {
  name: 'load_holds',
  text: `
select c.checkpoint_id, c.kind, c.person_id, c.office_code is null, case when c.office_code is null and c.kind <> 'hold_released' then release_decided(c.unit_id, c.person_id) else false end,
  case when c.kind = 'hold_released' then c.body end
from checkpoint c join unit u on u.unit_id = c.unit_id
where u.code = $1 and u.superseded_by is null and (c.kind in ('held', 'suspected', 'hold_released') or c.flags && array['kept', 'keep_here'])
order by c.unit_seq`,
};

/** Holds in force on a unit; a decision that ends one takes it out, for the next draft of the flight. */
const holdsNeed = (code: string): Need<{ holds: Map<string, Hold> }> => ({
  key: `holds:${code}`,
  async load(lane) {
    const holds = new Map<string, Hold>();
    for (const [checkpoint_id, kind, raised_by, by_agency, decided, body] of await lane.run(HOLDS, [code])) {
      if (kind === 'hold_released') holds.delete((entryOf(new Uint8Array(body as Uint8Array)).claim.facts as Facts<'hold_released'>).hold_checkpoint_id);
      else holds.set(checkpoint_id as string, { checkpoint_id, raised_by, by_agency, decided } as Hold);
    }
    return { holds };
  },
});

export const releaseHold: Act = (request, context) => {
  const { claim, caller } = request;
  const { hold_checkpoint_id, reason_code } = claim.facts as Facts<'hold_released'>;
  const need = holdsNeed(claim.code ?? '');
  return {
    ...draftOf(request),
    needs: [need],
    decide(known) {
      authorise('hold_released', caller);
      const unit = known.unit;
      if (unit === null) throw new Refused('unknown_unit', { code: claim.code });
      const { code } = unit;
      if (unit.item) context.requireHandled(unit.item.secrecy);
      const outcome = decideStep('hold_released', claim.facts as Facts, unit, caller);
      const { holds } = known.got(need);
      const hold = holds.get(hold_checkpoint_id);
      if (!hold) throw new Refused('unknown_hold', { checkpoint_id: hold_checkpoint_id, code });
      if (hold.raised_by === caller.person_id) throw new Refused('same_person');
      if (hold.by_agency && !hold.decided) throw new Refused('release_not_decided', { code });
      context.requireReason('hold', reason_code);
      holds.delete(hold_checkpoint_id);
      return { ...outcome, unit_kind: unit.unit_kind, code, makes_unit: false };
    },
  };
};
