// Who works here: online sign-in, the grant that lets the same person in without a network, and sessions to send under.

import { base64url, fromBase64url, hex } from '../base/bytes.ts';
import { systemClock } from '../base/time.ts';
import { exchangeBytes, hmac, secondBytes } from '../domain/claim.ts';
import type { Permission, Role } from '../domain/role.ts';
import { waitingEvents } from './keep.ts';
import type { DeviceRow, DrainRow, EventRow, GrantRow, Kept } from './keep.ts';
import { ask } from './link.ts';
import type { Answer, ServerClock } from './link.ts';
import { OutboxError } from './problem.ts';
import { openUnderPin, seal, sealUnderPin, sha256, sign, unseal } from './seal.ts';
import type { Who } from './types.ts';

const TRIES_MAX = 5;

/** What the PIN opens. */
type Inside = {
  grant_id: string;
  grant: string;
  person_id: string;
  full_name: string;
  office_code: string;
  roles: Role[];
  permissions: Permission[];
};
type Credentials = { badge: string; pin: string };

/** The server's answer, or its refusal as an error, or that there is no network. */
export function good(answer: Answer): any {
  if (answer.link !== 'online') throw new OutboxError('no_network');
  if (answer.refusal !== null) throw new OutboxError('refused', answer.refusal);
  return answer.body;
}

export class People {
  readonly #kept: Kept;
  readonly #clock: ServerClock;
  readonly #device: () => DeviceRow;
  /** person_id -> token of a session exchanged for a grant. */
  readonly #sending = new Map<string, string>();
  /** Who came in since the last sign-out: what they send with is not idle, though nothing waits yet. */
  readonly #here = new Set<string>();
  constructor(kept: Kept, clock: ServerClock, device: () => DeviceRow) {
    this.#kept = kept;
    this.#clock = clock;
    this.#device = device;
  }

  async signIn(credentials: Credentials & { office_code?: string }): Promise<Who> {
    const { inside, expires_at, token } = await this.#ask(credentials);
    await this.#letSend(inside);
    return { ...whoOf(inside, credentials.badge, expires_at), how: 'online', token };
  }

  /** The server judges badge and PIN, and gives a grant that lets the same person in without it. */
  async #ask({
    badge,
    pin,
    office_code,
  }: Credentials & { office_code?: string }): Promise<{ inside: Inside; expires_at: number; token: string }> {
    const { device_id, office_code: device_office } = this.#device();
    const { token } = good(
      await ask('POST', '/api/sessions', { body: { badge, pin, office_code: office_code ?? device_office, device_id } }),
    ) as { token: string };
    const me = good(await ask('GET', '/api/session', { token }));
    const given = good(await ask('POST', '/api/session/grant', { token }));
    const inside: Inside = {
      grant_id: given.grant_id,
      grant: given.grant,
      person_id: me.person_id,
      full_name: me.full_name,
      office_code: me.office_code,
      roles: me.roles,
      permissions: me.permissions,
    };
    const expires_at = Date.parse(given.expires_at);
    await this.#keepGrant({ badge, expires_at, wrong: 0, ...(await sealUnderPin(this.#device().local, badge, pin, inside)) });
    return { inside, expires_at, token };
  }

  async offlineSignIn({ badge, pin }: Credentials): Promise<Who> {
    const { inside, expires_at } = await this.#open(badge, pin);
    await this.#letSend(inside);
    return { ...whoOf(inside, badge, expires_at), how: 'offline', token: null };
  }

  /** The try is counted on the disk before the PIN is looked at: pulling the plug gives no sixth. */
  async #open(badge: string, pin: string): Promise<{ inside: Inside; expires_at: number }> {
    let row: GrantRow | undefined;
    await this.#kept.write(['grants'], async (tx) => {
      const found = await tx.objectStore('grants').get(badge);
      row ??= found;
      if (found && found.wrong < TRIES_MAX) await tx.objectStore('grants').put({ ...found, wrong: found.wrong + 1 });
    });
    if (!row) throw new OutboxError('no_grant');
    if (row.wrong >= TRIES_MAX) throw new OutboxError('grant_locked');
    const inside = await openUnderPin<Inside>(this.#device().local, pin, row);
    if (inside === null) throw new OutboxError(row.wrong + 1 >= TRIES_MAX ? 'grant_locked' : 'wrong_badge_or_pin');
    await this.#keepGrant({ ...row, wrong: 0 });
    // The later of two clocks: setting the device's back does not lengthen a grant while the server's is known.
    if (Math.max(this.#clock.now(), systemClock()) >= row.expires_at) throw new OutboxError('grant_expired');
    return { inside, expires_at: row.expires_at };
  }

  #keepGrant(row: GrantRow): Promise<void> {
    return this.#kept.write(['grants'], (tx) => tx.objectStore('grants').put(row));
  }

  async #letSend({ person_id, full_name, grant_id, grant }: Inside): Promise<void> {
    this.#here.add(person_id);
    const row = { person_id, full_name, grant_id, sealed: await seal(this.#device().local, grant) };
    await this.#kept.write(['drain'], (tx) => tx.objectStore('drain').put(row));
    this.#sending.delete(person_id);
  }

  signedOut(): void {
    this.#here.clear();
  }

  /** Secrets of people who are not signed in and whose events have all gone. */
  async forgetIdle(): Promise<void> {
    const waiting = new Set((await waitingEvents(this.#kept)).map((row) => row.person_id));
    const idle = (await this.#kept.main.getAllKeys('drain')).filter((person_id) => !waiting.has(person_id) && !this.#here.has(person_id));
    if (idle.length === 0) return;
    await this.#kept.write(['drain'], (tx) =>
      // Asked once more: whoever came in meanwhile writes after this transaction.
      Promise.all(idle.filter((person_id) => !this.#here.has(person_id)).map((person_id) => tx.objectStore('drain').delete(person_id))),
    );
  }

  /** A second person's proof for one coming event, from his grant here or, with a network, from a fresh one. */
  async agree(
    { badge, pin }: Credentials,
    checkpoint_id: string,
    permission: Permission,
    first: Who,
  ): Promise<{ person_id: string; full_name: string; second: NonNullable<EventRow['second']> }> {
    const inside = await this.#grantOf(badge, pin, first);
    if (inside.person_id === first.person_id) throw new OutboxError('same_person');
    if (!inside.permissions.includes(permission)) throw new OutboxError('not_permitted');
    const { grant_id } = inside;
    const key = await sha256(fromBase64url(inside.grant));
    const proof = hex(await hmac(key, secondBytes({ grant_id, checkpoint_id, permission })));
    return {
      person_id: inside.person_id,
      full_name: inside.full_name,
      second: { grant_id, permission, proof: await seal(this.#device().local, proof) },
    };
  }

  async #grantOf(badge: string, pin: string, first: Who): Promise<Inside> {
    try {
      return (await this.#open(badge, pin)).inside;
    } catch (error) {
      const problem = error instanceof OutboxError ? error.problem : null;
      if (problem !== 'no_grant' && problem !== 'grant_expired' && problem !== 'grant_locked') throw error;
      // The server judges the badge and PIN; without it the local answer stands.
      const { token } = await this.#ask({ badge, pin, office_code: first.office_code }).catch((refused: unknown) =>
        Promise.reject(refused instanceof OutboxError && refused.problem === 'no_network' ? error : refused),
      );
      await ask('DELETE', '/api/session', { token });
      return (await this.#open(badge, pin)).inside;
    }
  }

  /** Grants to send with, as an exported file needs them. */
  async grants(): Promise<{ person_id: string; grant_id: string; grant: string }[]> {
    const rows = await this.#kept.main.getAll('drain');
    return Promise.all(
      rows.map(async ({ person_id, grant_id, sealed }) => ({
        person_id,
        grant_id,
        grant: await unseal<string>(this.#device().local, sealed),
      })),
    );
  }

  forgetToken(person_id: string): void {
    this.#sending.delete(person_id);
  }

  /** A token to send this person's events under; `refused`: he must sign in here with a network; else why there is no answer. */
  async token(person_id: string): Promise<{ token: string } | 'refused' | Answer> {
    const known = this.#sending.get(person_id);
    if (known !== undefined) return { token: known };
    const row = await this.#kept.main.get('drain', person_id);
    if (!row) return 'refused';
    const answer = await this.#exchange(row);
    if (answer.link !== 'online') return answer;
    if (answer.refusal === null) {
      this.#sending.set(person_id, answer.body.token);
      return { token: answer.body.token };
    }
    return answer.status >= 500 || answer.refusal.refusal === 'signature_stale' || answer.refusal.refusal === 'nonce_used'
      ? { link: 'server_error', status: null }
      : 'refused';
  }

  async #exchange({ grant_id, sealed }: DrainRow): Promise<Answer> {
    // The time that is signed must be the server's, so it is asked for first.
    const probed = await this.#clock.probe();
    if (probed.link !== 'online') return probed;
    const { device_id, signing, local } = this.#device();
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    const at = Math.round(this.#clock.now());
    const signature = base64url(await sign(signing, exchangeBytes({ device_id, grant_id, at, nonce })));
    return ask('POST', '/api/sessions/grant', {
      body: { grant_id, grant: await unseal<string>(local, sealed), at: new Date(at).toISOString(), nonce: base64url(nonce), signature },
    });
  }
}

function whoOf({ person_id, full_name, office_code, roles, permissions }: Inside, badge: string, offline_until: number) {
  return { person_id, full_name, badge, office_code, roles, permissions, offline_until };
}
