-- The triage queue: what is undecided is worked out from hits, holds and outcomes; here stands only what a desk does with a flag
-- meanwhile. And a dismissal by the wrong key is taken back by a further outcome.

alter table screening_outcome drop constraint screening_outcome_outcome_check;
alter table screening_outcome add constraint screening_outcome_outcome_check check (outcome in ('confirmed', 'cleared', 'reopened'));
comment on column screening_outcome.outcome is 'confirmed: there was something; cleared: there was nothing; reopened: what was said before was said by mistake.';
create index screening_outcome_at on screening_outcome (decided_at desc);
create index rule_hit_at on rule_hit (hit_at desc);
-- Holds change seldom, and only then does this index cost anything.
create index unit_held on unit (office_code, unit_id) where holds > 0;

create table flag_note (
  note_id uuid primary key,
  unit_id uuid not null references unit,
  office_code text check (office_code ~ '^[0-9A-Z]{6}$'),
  agency_code text check (agency_code ~ '^[A-Z0-9-]{2,20}$'),
  note text not null check (note in ('deferred', 'assigned', 'freed')),
  deferred_until timestamptz,
  assigned_to uuid references person,
  noted_at timestamptz not null,
  noted_by uuid not null references person,
  constraint note_is_of_one_desk check (num_nonnulls(office_code, agency_code) = 1),
  constraint note_says_what_it_needs check ((note = 'deferred') = (deferred_until is not null) and (note = 'assigned') = (assigned_to is not null)),
  constraint deferred_for_a_week_at_most check (deferred_until > noted_at and deferred_until <= noted_at + interval '7 days')
);
create index flag_note_unit on flag_note (unit_id, note_id desc);
comment on table flag_note is 'What a desk does with a flag before it is decided: puts it off, gives it to somebody. The last note of a desk counts; another desk sees none of it. Append only.';
comment on column flag_note.note_id is 'UUIDv7.';
comment on column flag_note.unit_id is 'The item or bag.';
comment on column flag_note.office_code is 'Desk of an office; null: of an agency.';
comment on column flag_note.agency_code is 'Desk of an agency; null: of an office.';
comment on column flag_note.note is 'deferred, assigned, or freed: neither any more.';
comment on column flag_note.deferred_until is 'Put off until then; at most a week: operator rule, not law.';
comment on column flag_note.assigned_to is 'Whose it is.';
comment on column flag_note.noted_at is 'When.';
comment on column flag_note.noted_by is 'Who.';

create table flag_look (
  person_id uuid primary key references person,
  unit_id uuid not null references unit,
  looked_at timestamptz not null
);
create index flag_look_unit on flag_look (unit_id);
comment on table flag_look is 'Which flag somebody has open just now, so that two do not work on one. One row a person, overwritten.';
comment on column flag_look.person_id is 'Who.';
comment on column flag_look.unit_id is 'The item or bag.';
comment on column flag_look.looked_at is 'When last; after five minutes it says nothing.';

grant select on flag_note, flag_look to niem_app, niem_reader;
grant insert on flag_note, flag_look to niem_app;
grant update (unit_id, looked_at) on flag_look to niem_app;
