-- The journal of orders: periods, duty rosters, directives, incidents and reports. Each is a matter, each thing done about it an
-- entry; entries are only ever added and are chained by hash, so that an order cannot be unmade or slipped in afterwards.

create table journal_entry (
  entry_no bigint primary key check (entry_no > 0),
  matter_id uuid not null,
  matter_kind text not null check (matter_kind in ('roster', 'period', 'directive', 'incident', 'report')),
  kind text not null check (kind ~ '^[a-z_]{2,40}$'),
  at timestamptz not null,
  person_id uuid references person,
  second_person_id uuid references person,
  body bytea not null check (octet_length(body) <= 65536),
  hash bytea not null check (octet_length(hash) = 32),
  constraint two_distinct_persons check (second_person_id <> person_id)
);
create index journal_matter on journal_entry (matter_id, entry_no);
create index journal_kind on journal_entry (matter_kind, entry_no);
comment on table journal_entry is 'Journal of orders, duty, directives, incidents and reports. Append only; one hash chain.';
comment on column journal_entry.entry_no is 'Dense number from 1; given under the lock of journal_head, so in the order of commits.';
comment on column journal_entry.matter_id is 'UUIDv7 of the period, roster, directive, incident or report.';
comment on column journal_entry.matter_kind is 'What the matter is.';
comment on column journal_entry.kind is 'Entry of the catalogue (src/domain/journal.ts).';
comment on column journal_entry.at is 'Server time, milliseconds.';
comment on column journal_entry.person_id is 'Who; null: the clock did it (a period began or ended).';
comment on column journal_entry.second_person_id is 'The second person where two are needed; null: none.';
comment on column journal_entry.body is 'The canonical bytes that are hashed, with the hash of the entry before (docs/duty.md). The other columns only repeat them.';
comment on column journal_entry.hash is 'SHA-256 of body.';

create table journal_head (
  the_only boolean primary key default true check (the_only),
  entry_no bigint not null check (entry_no >= 0),
  hash bytea check (octet_length(hash) = 32)
);
insert into journal_head (entry_no) values (0);
comment on table journal_head is 'The last entry of the journal. Its lock orders the entries: a few a minute at most.';
comment on column journal_head.the_only is 'One row.';
comment on column journal_head.entry_no is 'Number of the last entry; 0: none yet.';
comment on column journal_head.hash is 'Its hash; null: none yet.';

create table contact (
  contact_id integer generated always as identity primary key,
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  party_code text not null check (party_code ~ '^[A-Z0-9-]{2,20}$'),
  title_vi text not null,
  phone text check (phone ~ '^[0-9 +]{3,20}$'),
  always boolean not null,
  electronic_ok boolean,
  citation text not null
);
comment on table contact is 'Whom to call at offices and authorities, round the clock or not. Desks and titles, never private numbers.';
comment on column contact.contact_id is 'Key.';
comment on column contact.valid_from is 'First day this row holds.';
comment on column contact.valid_to is 'First day it no longer holds; null: open.';
comment on column contact.party_code is 'Code of the office or agency.';
comment on column contact.title_vi is 'Which desk or duty.';
comment on column contact.phone is 'Its number; null: not loaded.';
comment on column contact.always is 'Answers 24/7.';
comment on column contact.electronic_ok is 'Takes notices electronically; null: not known.';
comment on column contact.citation is 'Where this row was read.';

create trigger journal_entry_append_only before update or delete on journal_entry for each row execute function refuse_change();
create trigger journal_entry_no_truncate before truncate on journal_entry for each statement execute function refuse_change();
alter table journal_entry enable always trigger journal_entry_append_only;
alter table journal_entry enable always trigger journal_entry_no_truncate;

-- Telecom firms and districts are tasked by directives too and answer for themselves; their people see nothing else.
alter table agency drop constraint agency_agency_kind_check;
alter table agency add constraint agency_agency_kind_check check (agency_kind in
  ('police', 'customs', 'market_surveillance', 'border_guard', 'department', 'steering_committee', 'central_post', 'telecom', 'district'));
alter table person_role drop constraint person_role_role_check;
alter table person_role add constraint person_role_role_check check (role in
  ('clerk', 'sorter', 'controller', 'driver', 'courier', 'shift_head', 'duty_officer', 'leader', 'liaison', 'inspector', 'admin', 'respondent'));
comment on column second_confirmation.used_by_checkpoint_id is 'Checkpoint, closed shift or matter of the journal that used it; null: not yet.';

grant select on journal_entry, journal_head, contact to niem_app, niem_reader;
grant insert on journal_entry to niem_app;
grant update (entry_no, hash) on journal_head to niem_app;
