// What desks see of the outbox: the queue on this device, its people, its clock. `openOutbox` (outbox.ts) gives an Outbox.
// Beep when `record` has resolved, not before: then, and only then, is the event on this disk.

import type { Facts, Kind, Personal } from '../domain/facts.ts';
import type { Permission, Role } from '../domain/role.ts';

/** ⇅ on this disk, ➚ on its way, ✓ the server has it, ! the server said no; `settled`: somebody dealt with the refusal. */
export type EventState = 'stored_on_device' | 'sending' | 'received' | 'needs_attention' | 'settled';

/** What a desk wants recorded. Ids, numbers, times and the signature are the outbox's. */
export type Wish<K extends Kind = Kind> = {
  kind: K;
  /** Number as scanned; left out when the system is to assign one. */
  code?: string | undefined;
  facts: Facts<K>;
  /** Of ordinary mail that is accepted; encrypted for this device while it waits. */
  personal?: Personal | undefined;
  /** What `confirmBy` gave for this very event. */
  second?: Second | undefined;
  /** Id that the desk has drawn already; left out: the outbox draws one. */
  checkpoint_id?: string | undefined;
};

/** A second person agreed, by badge and PIN, to one event that is about to be recorded. */
export type Second = { checkpoint_id: string; person_id: string; full_name: string; permission: Permission };

/** What the server keeps of an event. */
export type Receipt = {
  checkpoint_id: string;
  code: string;
  unit_id: string;
  unit_seq: number;
  state: string;
  flags: readonly string[];
  received_at: string;
  hash: string;
};
/** Why the server said no, in its words. */
export type Refusal = { refusal: string; vi: string; en: string; remedy_vi: string; remedy_en: string };

export type OutboxEvent = {
  checkpoint_id: string;
  device_seq: number;
  kind: Kind;
  code: string | null;
  facts: Facts;
  person_id: string;
  full_name: string;
  /** Corrected time, Unix milliseconds: the device's clock plus the offset measured last. */
  at: number;
  state: EventState;
  receipt: Receipt | null;
  refusal: Refusal | null;
  /** Somebody took note of the refusal, or recorded a new event in its stead. */
  settled: { how: 'accepted' | 'sent_again'; by: string; at: number; as: string | null } | null;
};

export type DeviceState =
  | { kind: 'not_enrolled' }
  /** This browser was enrolled once and has lost its storage: it must be enrolled anew, under a new code. */
  | { kind: 'lost'; name: string | null }
  | { kind: 'enrolled'; device_id: string; office_code: string; name: string; persisted: boolean };

export type Who = {
  person_id: string;
  full_name: string;
  badge: string;
  office_code: string;
  roles: readonly Role[];
  permissions: readonly Permission[];
  /** `offline`: badge and PIN opened a grant kept on this device; the server has not seen this sign-in. */
  how: 'online' | 'offline';
  /** Until when this person can sign in here without a network, Unix milliseconds; null: not at all. */
  offline_until: number | null;
  /** Token of the online session for requests of the desk's own; null: offline. */
  token: string | null;
};

/** `slow`: no answer within three seconds. `portal`: a Wi-Fi sign-in page answers in the server's place. */
export type Link = 'unknown' | 'online' | 'offline' | 'slow' | 'portal' | 'server_error';

export type OutboxState = {
  device: DeviceState;
  who: Who | null;
  /** Another tab of this browser is the writer. */
  read_only: boolean;
  link: Link;
  /** When the server last answered; Unix milliseconds. */
  last_contact: number | null;
  /** Offset null: never measured. `level` as the clock chip: red from 5 minutes, amber from 30 seconds. */
  clock: { offset_ms: number | null; uncertainty_ms: number | null; level: 'unknown' | 'right' | 'amber' | 'red' };
  waiting: number;
  /** Oldest waiting event; Unix milliseconds. */
  waiting_since: number | null;
  needs_attention: number;
  /** People whose events wait until they sign in here with a network. */
  needs_sign_in: readonly { person_id: string; full_name: string; events: number }[];
  storage: { used_bytes: number; quota_bytes: number; persisted: boolean } | null;
};

export type Desk = { taken_at: number; age_ms: number; data: DeskData };
/** GET /api/desk as the server gives it, plus the lists of GET /api/reference. */
export type DeskData = { [name: string]: unknown };

export type ExportFile = { name: string; text: string; sha256: string; events: number };

export type Outbox = {
  state(): OutboxState;
  /** Called after every change of `state()`; the answer ends it. */
  subscribe(listener: () => void): () => void;
  /** Events, newest first. */
  events(filter?: { state?: EventState; limit?: number }): Promise<OutboxEvent[]>;

  /** Enrols this browser with an administrator's one-time code. Throws OutboxError. */
  enrol(code: string, name: string): Promise<DeviceState>;
  /** With a network: a session and a grant for 72 hours without one. */
  signIn(input: { badge: string; pin: string; office_code?: string }): Promise<Who>;
  /** Without: badge and PIN open the grant kept here. Five wrong PINs lock it until the next online sign-in. */
  offlineSignIn(input: { badge: string; pin: string }): Promise<Who>;
  signOut(): Promise<void>;

  /** Resolves when the event is on this disk. Throws OutboxError: nothing was stored then, and nothing stored before is lost. */
  record<K extends Kind>(wish: Wish<K>): Promise<OutboxEvent>;
  /** A second person agrees to one coming event; pass the answer to `record`. Works without a network when he has a grant here. */
  confirmBy(input: { badge: string; pin: string; permission: Permission; checkpoint_id?: string | undefined }): Promise<Second>;

  /** Tries now instead of after the pause. */
  sendNow(): void;
  /** The refusal stands: somebody signed in takes note of it. */
  acceptRefusal(checkpoint_id: string): Promise<void>;
  /** The same facts, or better ones, as a new event, with a second person if one is given; the refused one is settled by it. */
  sendAgain(checkpoint_id: string, wish?: Wish, second?: Second): Promise<OutboxEvent>;

  /** Everything that was not received, encrypted to the province's key; each file is imported by itself. */
  exportFiles(): Promise<ExportFile[]>;
  /** Fetches what a desk needs without a network and keeps it. Throws OutboxError when there is none. */
  snapshot(): Promise<Desk>;
  /** What was kept; null: nothing yet. */
  desk(): Promise<Desk | null>;
  /** Server time as best known, Unix milliseconds. */
  now(): number;
  close(): Promise<void>;
};
