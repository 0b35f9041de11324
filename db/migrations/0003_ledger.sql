-- The chain of custody. Rows are only ever added; corrections are further rows.

create table checkpoint (
  checkpoint_id uuid primary key,
  unit_id uuid not null,
  unit_seq integer not null check (unit_seq > 0),
  kind text not null,
  office_code text,
  person_id uuid not null,
  device_id uuid,
  device_seq bigint check (device_seq > 0),
  received_at timestamptz not null,
  flags text[],
  body bytea not null check (octet_length(body) <= 16384),
  unique (unit_id, unit_seq)
);
create unique index one_checkpoint_per_device_seq on checkpoint (device_id, device_seq) where device_id is not null;
comment on table checkpoint is 'Custody events: who, what, when, where, in which condition, handed by whom to whom. Append only.';
comment on column checkpoint.checkpoint_id is 'UUIDv7 made by the client; the idempotency key for ever.';
comment on column checkpoint.unit_id is 'The item or bag. No foreign key: append.ts is the only writer and verify.ts checks it (6 us a row saved).';
comment on column checkpoint.unit_seq is 'Dense number within the unit, from 1.';
comment on column checkpoint.kind is 'Entry of the checkpoint catalogue (src/domain/checkpoint.ts).';
comment on column checkpoint.office_code is 'Where; null when an agency acts outside any office.';
comment on column checkpoint.person_id is 'Who.';
comment on column checkpoint.device_id is 'Enrolled device; null: none.';
comment on column checkpoint.device_seq is 'Dense number within the device; a gap proves suppression.';
comment on column checkpoint.received_at is 'Server time, milliseconds. Order within a unit is unit_seq, never a time.';
comment on column checkpoint.flags is 'Rules that the fact breaks; null: none.';
comment on column checkpoint.body is 'The canonical bytes that are hashed (docs/ledger.md). The other columns only repeat them.';

create table refused_claim (
  refused_id bigint generated always as identity primary key,
  checkpoint_id uuid not null,
  received_at timestamptz not null,
  refusal text not null,
  person_id uuid not null,
  office_code text,
  device_id uuid,
  device_seq bigint,
  claim bytea not null check (octet_length(claim) <= 16384),
  unique (checkpoint_id, refusal)
);
comment on table refused_claim is 'Well-formed claims that were refused: the attempt is a fact too. Append only; holds no personal field.';
comment on column refused_claim.refused_id is 'Key.';
comment on column refused_claim.checkpoint_id is 'Id that the client made.';
comment on column refused_claim.received_at is 'Server time.';
comment on column refused_claim.refusal is 'Refusal code that was answered.';
comment on column refused_claim.person_id is 'Who tried.';
comment on column refused_claim.office_code is 'Where.';
comment on column refused_claim.device_id is 'On which device.';
comment on column refused_claim.device_seq is 'Number of the claim within the device: a refused claim is no gap.';
comment on column refused_claim.claim is 'Canonical bytes of the claim (docs/ledger.md).';

create table label_key (
  office_code text primary key,
  mac_key bytea not null check (octet_length(mac_key) = 32)
);
comment on table label_key is 'Key of the printing office for the MAC in the Data Matrix: forging a label needs it.';
comment on column label_key.office_code is 'The office.';
comment on column label_key.mac_key is 'HMAC-SHA256 key.';

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'table % is append only: % refused', tg_table_name, tg_op using errcode = 'NI001';
end $$;

-- ALWAYS: also fires under session_replication_role = replica.
create trigger checkpoint_append_only before update or delete on checkpoint for each row execute function refuse_change();
create trigger checkpoint_no_truncate before truncate on checkpoint for each statement execute function refuse_change();
create trigger refused_claim_append_only before update or delete on refused_claim for each row execute function refuse_change();
create trigger refused_claim_no_truncate before truncate on refused_claim for each statement execute function refuse_change();
alter table checkpoint enable always trigger checkpoint_append_only;
alter table checkpoint enable always trigger checkpoint_no_truncate;
alter table refused_claim enable always trigger refused_claim_append_only;
alter table refused_claim enable always trigger refused_claim_no_truncate;
