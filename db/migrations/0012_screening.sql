-- Screening: rules as data with their versions, what they hit, what came of it; the machines and what they found; and the keyed hashes
-- by which senders are linked without a name standing anywhere but in `personal`.

create table screening_list (
  list_code text not null check (list_code in ('hotspot_office', 'border_office', 'capital_postal', 'protected_postal', 'season')),
  entry text not null check (entry ~ '^[0-9A-Za-z_-]{2,40}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  source text not null,
  primary key (list_code, entry, valid_from)
);
comment on table screening_list is 'Places and seasons that rules speak of, dated. No person, and no feature of a person, is ever listed here.';
comment on column screening_list.list_code is 'hotspot_office, border_office: office codes; capital_postal, protected_postal: beginnings of postal codes; season: names, in force while the row is.';
comment on column screening_list.entry is 'The office code, beginning of a postal code, or name.';
comment on column screening_list.valid_from is 'First day this row holds.';
comment on column screening_list.valid_to is 'First day it no longer holds; null: open.';
comment on column screening_list.source is 'Who says so, and where it was read.';

create table travel_time (
  from_office_code text not null check (from_office_code ~ '^[0-9A-Z]{6}$'),
  to_office_code text not null check (to_office_code ~ '^[0-9A-Z]{6}$'),
  least_minutes integer not null check (least_minutes between 1 and 10000),
  source text not null,
  primary key (from_office_code, to_office_code)
);
comment on table travel_time is 'Least time in which an item can come from one office to another; pairs that are not here are not known and never alarm.';
comment on column travel_time.from_office_code is 'From.';
comment on column travel_time.to_office_code is 'To.';
comment on column travel_time.least_minutes is 'Minutes that the fastest vehicle takes.';
comment on column travel_time.source is 'Who says so.';

create table rule (
  rule_code text primary key check (rule_code ~ '^[A-Z]{2,5}[0-9]{1,3}$'),
  created_at timestamptz not null,
  created_by uuid not null references person
);
comment on table rule is 'Screening rules by code; what a rule says is in its versions.';
comment on column rule.rule_code is 'Indicator of the catalogue, e.g. SND4.';
comment on column rule.created_at is 'When its first version was proposed.';
comment on column rule.created_by is 'Who proposed it first.';

create table rule_version (
  rule_version_id uuid primary key,
  rule_code text not null references rule,
  version integer not null check (version > 0),
  name_vi text not null check (length(name_vi) between 3 and 160),
  name_en text not null check (length(name_en) between 3 and 160),
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  kinds text[] not null check (cardinality(kinds) between 1 and 20),
  service_classes text[] check (cardinality(service_classes) > 0),
  office_codes text[] check (cardinality(office_codes) > 0),
  expression text not null check (length(expression) between 1 and 1000),
  effect text not null check (effect in ('hold', 'flag', 'shadow')),
  audience text not null default 'duty' check (audience in ('duty', 'audit')),
  act_code text references legal_act,
  authored_by uuid not null references person,
  authored_at timestamptz not null,
  published_by uuid references person,
  published_at timestamptz,
  valid_from timestamptz not null,
  valid_until timestamptz not null check (valid_until > valid_from),
  ended_at timestamptz,
  ended_by uuid references person,
  unique (rule_code, version),
  constraint publisher_is_another_person check (published_by is distinct from authored_by),
  constraint publication_has_a_person check ((published_by is null) = (published_at is null)),
  constraint end_has_a_person check ((ended_by is null) = (ended_at is null)),
  constraint clerks_are_judged_by_auditors_only check (audience = 'duty' or effect <> 'hold')
);
create unique index one_version_in_force on rule_version (rule_code) where published_at is not null and ended_at is null;
comment on table rule_version is 'What a rule says. Never edited: a change is a further version, and publishing it ends the one before.';
comment on column rule_version.rule_version_id is 'UUIDv7.';
comment on column rule_version.rule_code is 'The rule.';
comment on column rule_version.version is 'Number within the rule, from 1.';
comment on column rule_version.name_vi is 'What it looks for, in Vietnamese: the explanation of a hit.';
comment on column rule_version.name_en is 'The same in English.';
comment on column rule_version.severity is 'low, medium, high or critical.';
comment on column rule_version.kinds is 'Kinds of checkpoints at which it is evaluated.';
comment on column rule_version.service_classes is 'Service classes it is for; null: all.';
comment on column rule_version.office_codes is 'Offices it is for; null: all.';
comment on column rule_version.expression is 'CEL over the declared facts (docs/screening.md); true is a hit.';
comment on column rule_version.effect is 'hold: a hit holds the unit; flag: it comes to the duty officer; shadow: it is only counted.';
comment on column rule_version.audience is 'duty: who triages; audit: inspectors and leaders only, for what concerns colleagues.';
comment on column rule_version.act_code is 'Legal basis; null: none is named.';
comment on column rule_version.authored_by is 'Who proposed it.';
comment on column rule_version.authored_at is 'When.';
comment on column rule_version.published_by is 'Another person; null: a draft.';
comment on column rule_version.published_at is 'When published.';
comment on column rule_version.valid_from is 'In force from then on, once published.';
comment on column rule_version.valid_until is 'Not in force from then on: no rule is for ever.';
comment on column rule_version.ended_at is 'Superseded or withdrawn; null: not.';
comment on column rule_version.ended_by is 'By whom.';

create function rule_version_moves_on() returns trigger language plpgsql as $$
begin
  if (old.published_at is not null and new.published_at is distinct from old.published_at) or (old.published_by is not null and new.published_by is distinct from old.published_by)
    or (old.ended_at is not null and new.ended_at is distinct from old.ended_at) or (old.ended_by is not null and new.ended_by is distinct from old.ended_by) then
    raise exception 'a published or ended version stays so' using errcode = 'NI001';
  end if;
  return new;
end $$;
create trigger rule_version_moves_on before update on rule_version for each row execute function rule_version_moves_on();
alter table rule_version enable always trigger rule_version_moves_on;

create table rule_replay (
  replay_id uuid primary key,
  rule_version_id uuid not null references rule_version,
  replayed_at timestamptz not null,
  replayed_by uuid not null references person,
  from_day date not null,
  to_day date not null check (to_day >= from_day),
  seen integer not null,
  hits integer not null,
  confirmed integer not null,
  cleared integer not null
);
create index rule_replay_version on rule_replay (rule_version_id);
comment on table rule_replay is 'Runs of a version over past traffic; a version that was never run is not published. Append only.';
comment on column rule_replay.replay_id is 'UUIDv7.';
comment on column rule_replay.rule_version_id is 'The version.';
comment on column rule_replay.replayed_at is 'When.';
comment on column rule_replay.replayed_by is 'Who ran it.';
comment on column rule_replay.from_day is 'First civil day of the traffic.';
comment on column rule_replay.to_day is 'Last civil day.';
comment on column rule_replay.seen is 'Checkpoints it was evaluated at.';
comment on column rule_replay.hits is 'Units it would have hit.';
comment on column rule_replay.confirmed is 'Of these, units whose outcome was confirmed.';
comment on column rule_replay.cleared is 'Of these, units that were found clear.';

create table rule_hit (
  checkpoint_id uuid not null,
  rule_version_id uuid not null references rule_version,
  unit_id uuid not null,
  office_code text,
  effect text not null check (effect in ('hold', 'flag', 'shadow')),
  facts jsonb not null check (jsonb_typeof(facts) = 'object'),
  hit_at timestamptz not null,
  primary key (checkpoint_id, rule_version_id)
);
create index rule_hit_version on rule_hit (rule_version_id, hit_at);
create index rule_hit_office on rule_hit (office_code, hit_at desc);
create index rule_hit_unit on rule_hit (unit_id);
comment on table rule_hit is 'Hits with the facts they rest on, so that each can be computed again. The checkpoint holds their digest. Append only; holds no personal field.';
comment on column rule_hit.checkpoint_id is 'Checkpoint at which it was evaluated.';
comment on column rule_hit.rule_version_id is 'The version that hit.';
comment on column rule_hit.unit_id is 'The item or bag.';
comment on column rule_hit.office_code is 'Office of the checkpoint.';
comment on column rule_hit.effect is 'What the hit did: hold, flag, or shadow: nothing.';
comment on column rule_hit.facts is 'Facts that the expression names, as they were.';
comment on column rule_hit.hit_at is 'Server time of the checkpoint.';

create table screening_outcome (
  outcome_id uuid primary key,
  unit_id uuid not null references unit,
  outcome text not null check (outcome in ('confirmed', 'cleared')),
  reason_code text not null,
  decided_at timestamptz not null,
  decided_by uuid not null references person
);
create index screening_outcome_unit on screening_outcome (unit_id, decided_at desc);
comment on table screening_outcome is 'What came of a suspicion: the last row of a unit counts. Feeds the precision of rules; nobody is punished by it. Append only.';
comment on column screening_outcome.outcome_id is 'UUIDv7.';
comment on column screening_outcome.unit_id is 'The item or bag.';
comment on column screening_outcome.outcome is 'confirmed: there was something; cleared: there was nothing.';
comment on column screening_outcome.reason_code is 'Reason of the list `hold`.';
comment on column screening_outcome.decided_at is 'When.';
comment on column screening_outcome.decided_by is 'Who.';

create table equipment (
  equipment_no text primary key check (equipment_no ~ '^[0-9A-Z./-]{2,40}$'),
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  method text not null check (method in ('PHS', 'VCK', 'XRY', 'EDS', 'EDD', 'ETD', 'CMD', 'AOM')),
  name_vi text not null check (length(name_vi) between 2 and 120),
  test_limit_hours integer check (test_limit_hours between 1 and 8784),
  registered_at timestamptz not null,
  registered_by uuid not null references person,
  retired_at timestamptz
);
comment on table equipment is 'Machines and dogs that screen.';
comment on column equipment.equipment_no is 'Number on it.';
comment on column equipment.office_code is 'Where it stands.';
comment on column equipment.method is 'Screening method code it serves (IATA).';
comment on column equipment.name_vi is 'What it is called.';
comment on column equipment.test_limit_hours is 'A test may be this old; null: no limit is loaded, and nothing alarms.';
comment on column equipment.registered_at is 'When registered.';
comment on column equipment.registered_by is 'Who registered it.';
comment on column equipment.retired_at is 'Out of use; null: in use.';

create table equipment_test (
  test_id uuid primary key,
  equipment_no text not null references equipment,
  tested_at timestamptz not null,
  tested_by uuid not null references person,
  passed boolean not null
);
create index equipment_test_last on equipment_test (equipment_no, tested_at desc);
comment on table equipment_test is 'Functional tests of equipment. Append only.';
comment on column equipment_test.test_id is 'UUIDv7.';
comment on column equipment_test.equipment_no is 'Which.';
comment on column equipment_test.tested_at is 'When.';
comment on column equipment_test.tested_by is 'Who.';
comment on column equipment_test.passed is 'Whether it found the test piece.';

create table screening (
  checkpoint_id uuid primary key,
  unit_id uuid not null references unit,
  unit_seq integer not null,
  method text not null check (method in ('PHS', 'VCK', 'XRY', 'EDS', 'EDD', 'ETD', 'CMD', 'AOM')),
  operator_id uuid not null,
  office_code text,
  equipment_no text references equipment,
  result text not null check (result in ('clear', 'alarm', 'inconclusive')),
  test text not null check (test in ('current', 'stale', 'never', 'failed', 'no_limit', 'not_needed')),
  tested_at timestamptz,
  resolves uuid references screening,
  screened_at timestamptz not null,
  constraint stale_needs_a_test check (test not in ('current', 'stale', 'failed') or tested_at is not null),
  constraint an_alarm_is_not_cleared_by_an_alarm check (resolves is null or result = 'clear')
);
create index screening_unit on screening (unit_id, unit_seq);
create unique index alarm_cleared_once on screening (resolves) where resolves is not null;
comment on table screening is 'Screening records as the ledger has them, one a checkpoint `screened`. Void after a break of custody, which is seen from the chain and not written here. Append only.';
comment on column screening.checkpoint_id is 'The checkpoint.';
comment on column screening.unit_id is 'The item or bag.';
comment on column screening.unit_seq is 'Its number within the unit: what comes after it may void it.';
comment on column screening.method is 'Method code (IATA): PHS, VCK, XRY, EDS, EDD, ETD, CMD, AOM.';
comment on column screening.operator_id is 'Who screened.';
comment on column screening.office_code is 'Where.';
comment on column screening.equipment_no is 'With what; null: by eye or hand.';
comment on column screening.result is 'clear, alarm or inconclusive.';
comment on column screening.test is 'How the last test of the equipment stood: current, stale, never, failed, no_limit (none is loaded), not_needed.';
comment on column screening.tested_at is 'Last test before it; null: none.';
comment on column screening.resolves is 'The alarm that this screening cleared; null: none.';
comment on column screening.screened_at is 'Server time.';

create table blind_key (
  key_id integer primary key,
  mac_key bytea not null check (octet_length(mac_key) = 32)
);
comment on table blind_key is 'Key of the blind index; every installation has its own.';
comment on column blind_key.key_id is 'Key.';
comment on column blind_key.mac_key is 'HMAC-SHA256 key.';
insert into blind_key (key_id, mac_key)
select 1, sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));

create table linkage (
  checkpoint_id uuid primary key,
  seen_no bigint generated always as identity,
  unit_id uuid not null,
  secrecy text not null default 'NONE' check (secrecy = 'NONE'),
  seen_at timestamptz not null,
  office_code text not null,
  postal_code text not null,
  person_id uuid not null,
  odd_identity boolean not null,
  sender_phone bytea not null check (octet_length(sender_phone) = 16),
  sender_name bytea not null check (octet_length(sender_name) = 16),
  sender_address bytea not null check (octet_length(sender_address) = 16),
  addressee_name bytea not null check (octet_length(addressee_name) = 16),
  addressee_address bytea not null check (octet_length(addressee_address) = 16),
  attempted_at timestamptz,
  constraint no_linkage_of_marked_items foreign key (unit_id, secrecy) references item (unit_id, secrecy)
);
create index linkage_unit on linkage (unit_id);
create index linkage_sender_phone on linkage (sender_phone, seen_at desc);
create index linkage_sender_address on linkage (sender_address, seen_at desc);
create index linkage_addressee_address on linkage (addressee_address, seen_at desc);
create index linkage_uncollected on linkage (office_code, postal_code, attempted_at desc) where attempted_at is not null;
create index linkage_odd_identity on linkage (person_id, seen_at desc) where odd_identity;
comment on table linkage is 'Blind index: who sent to whom, as keyed hashes of what stands in `personal`. Erased with it, like it never of marked items.';
comment on column linkage.checkpoint_id is 'Acceptance.';
comment on column linkage.seen_no is 'Order of acceptances of one instant, for replay.';
comment on column linkage.unit_id is 'The item; the key with secrecy makes rows for A, B and C impossible.';
comment on column linkage.secrecy is 'Always NONE.';
comment on column linkage.seen_at is 'Server time of acceptance.';
comment on column linkage.office_code is 'Office of acceptance.';
comment on column linkage.postal_code is 'Postal code of the addressee.';
comment on column linkage.person_id is 'Clerk.';
comment on column linkage.odd_identity is 'Accepted as a known customer, though nobody with this phone had sent anything in 30 days.';
comment on column linkage.sender_phone is 'Keyed hash of the sender''s phone.';
comment on column linkage.sender_name is 'Keyed hash of the sender''s name, folded.';
comment on column linkage.sender_address is 'Keyed hash of the sender''s address, folded.';
comment on column linkage.addressee_name is 'Keyed hash of the addressee''s name, folded.';
comment on column linkage.addressee_address is 'Keyed hash of the addressee''s address, folded.';
comment on column linkage.attempted_at is 'Last delivery attempt or call notice; null: none.';

create trigger rule_hit_append_only before update or delete on rule_hit for each row execute function refuse_change();
create trigger rule_hit_no_truncate before truncate on rule_hit for each statement execute function refuse_change();
alter table rule_hit enable always trigger rule_hit_append_only;
alter table rule_hit enable always trigger rule_hit_no_truncate;

grant select on screening_list, travel_time, rule, rule_version, rule_replay, rule_hit, screening_outcome, equipment, equipment_test, screening to niem_app, niem_reader;
grant select on blind_key, linkage to niem_app;
grant insert on rule, rule_version, rule_replay, rule_hit, screening_outcome, equipment, equipment_test, screening to niem_app;
grant insert, delete, update (attempted_at) on linkage to niem_app;
grant update (published_by, published_at, ended_at, ended_by) on rule_version to niem_app;
grant update (retired_at) on equipment to niem_app;
