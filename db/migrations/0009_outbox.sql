-- Offline work: grants with which a person can sign in on one device without the network, and what they were used for.

create table offline_grant (
  grant_id uuid primary key,
  grant_hash bytea not null unique check (octet_length(grant_hash) = 32),
  person_id uuid not null references person,
  device_id uuid not null references device,
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  constraint grant_is_short check (expires_at > issued_at and expires_at <= issued_at + interval '72 hours')
);
create index offline_grant_person on offline_grant (person_id, issued_at) where revoked_at is null;
comment on table offline_grant is 'Grants for offline sign-in of a person on one device at one office; the grant itself is never stored.';
comment on column offline_grant.grant_id is 'UUIDv7.';
comment on column offline_grant.grant_hash is 'SHA-256 of the grant.';
comment on column offline_grant.person_id is 'Who.';
comment on column offline_grant.device_id is 'On which enrolled device.';
comment on column offline_grant.office_code is 'At which office.';
comment on column offline_grant.issued_at is 'When issued, after a sign-in with badge and PIN.';
comment on column offline_grant.expires_at is 'Over from then on: 72 hours at most.';
comment on column offline_grant.revoked_at is 'Withdrawn; null: not.';

create table grant_use (
  nonce bytea primary key check (octet_length(nonce) = 16),
  grant_id uuid not null references offline_grant,
  used_at timestamptz not null
);
comment on table grant_use is 'Exchanges of a grant for a session: each nonce once.';
comment on column grant_use.nonce is 'Chosen by the device and signed by it.';
comment on column grant_use.grant_id is 'The grant.';
comment on column grant_use.used_at is 'When.';

alter table session add column grant_id uuid references offline_grant;
comment on column session.grant_id is 'Grant it was exchanged for: may post device-signed checkpoints only; null: badge and PIN.';
alter table second_confirmation add column checkpoint_id uuid;
comment on column second_confirmation.checkpoint_id is 'The one checkpoint it is good for; null: any of the session.';

grant select, insert on offline_grant, grant_use to niem_app;
grant update (revoked_at) on offline_grant to niem_app;
