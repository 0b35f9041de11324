-- Notices to the competent authority: whom to tell by class of goods and place, who was told how, who acknowledged, and what was done when
-- nobody did. An authority sees what it was told and nothing else; the place that tells sees its own.

create table notice_route (
  route_id integer generated always as identity primary key,
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  goods_class text not null check (goods_class ~ '^[a-z0-9_]{2,40}$'),
  office_code text check (office_code ~ '^[0-9A-Z]{6}$'),
  party_code text check (party_code ~ '^[A-Z0-9-]{2,20}$'),
  citation text not null
);
create index notice_route_class on notice_route (goods_class);
comment on table notice_route is 'Whom to tell, by class of goods and place; dated rows, the operator''s. No row, or one without a recipient: nobody is guessed, and it shows.';
comment on column notice_route.route_id is 'Key.';
comment on column notice_route.valid_from is 'First day this row holds.';
comment on column notice_route.valid_to is 'First day it no longer holds; null: open.';
comment on column notice_route.goods_class is 'Entry of the catalogue (src/domain/notice.ts).';
comment on column notice_route.office_code is 'Office it is for, before the rows for all; null: everywhere.';
comment on column notice_route.party_code is 'Agency to tell; null: not known yet.';
comment on column notice_route.citation is 'Who says so, and where it was read.';

create table notice (
  notice_id uuid primary key default encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid,
  asked_id uuid not null,
  subject_kind text not null check (subject_kind in ('casefile', 'incident', 'unit')),
  subject_id uuid not null,
  goods_class text not null check (goods_class ~ '^[a-z0-9_]{2,40}$'),
  from_party text not null check (from_party ~ '^[A-Z0-9-]{2,20}$'),
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  route_id integer references notice_route,
  party_code text check (party_code ~ '^[A-Z0-9-]{2,20}$'),
  detected_at timestamptz not null,
  raised_at timestamptz not null check (raised_at >= detected_at),
  raised_by uuid not null references person,
  settled_at timestamptz,
  unique (from_party, asked_id)
);
create index notice_from on notice (from_party, raised_at desc);
create index notice_to on notice (party_code, raised_at desc);
create index notice_open on notice (raised_at) where settled_at is null;
comment on table notice is 'What an authority is to be told: codes only, no words, so KT1 can be told of too. What is done about it stands in notice_step.';
comment on column notice.notice_id is 'UUIDv7 made by the database, so that nobody can ask by inserting whether one exists.';
comment on column notice.asked_id is 'UUIDv7 made by the client: sent again, it is the same notice.';
comment on column notice.subject_kind is 'casefile, incident or unit.';
comment on column notice.subject_id is 'Which one.';
comment on column notice.goods_class is 'What is suspected (src/domain/notice.ts).';
comment on column notice.from_party is 'Agency or office that tells.';
comment on column notice.office_code is 'Where the item or the incident is.';
comment on column notice.route_id is 'Row by which the recipient was found; null: none holds.';
comment on column notice.party_code is 'Agency to tell; null: not known, somebody must name it.';
comment on column notice.detected_at is 'From here the clock runs.';
comment on column notice.raised_at is 'Server time.';
comment on column notice.raised_by is 'Who.';
comment on column notice.settled_at is 'When it was acknowledged or withdrawn; null: open.';

create table notice_step (
  notice_id uuid not null references notice,
  step_no integer not null check (step_no > 0),
  step_id uuid not null,
  kind text not null check (kind in ('addressed', 'told', 'acknowledged', 'repeated', 'escalated', 'withdrawn')),
  at timestamptz not null,
  person_id uuid references person,
  channel text check (channel in ('phone', 'letter', 'in_person', 'electronic', 'file')),
  happened_at timestamptz,
  party_code text check (party_code ~ '^[A-Z0-9-]{2,20}$'),
  contact_id integer references contact,
  card_no text check (card_no ~ '^[0-9A-Z./-]{2,30}$'),
  call_id uuid,
  primary key (notice_id, step_no),
  unique (notice_id, step_id),
  constraint only_the_clock_presses check ((person_id is null) = (kind in ('repeated', 'escalated')))
);
comment on table notice_step is 'What was done about a notice: named its recipient, told, acknowledged, repeated, escalated, withdrawn. Append only.';
comment on column notice_step.notice_id is 'The notice.';
comment on column notice_step.step_no is 'Running number, from 1.';
comment on column notice_step.step_id is 'UUIDv7; of people, made by the client.';
comment on column notice_step.kind is 'What was done.';
comment on column notice_step.at is 'Server time.';
comment on column notice_step.person_id is 'Who; null: the clock.';
comment on column notice_step.channel is 'How it was told or acknowledged; null: no matter.';
comment on column notice_step.happened_at is 'When it was told or acknowledged, as people say; null: no matter.';
comment on column notice_step.party_code is 'addressed: the agency named; acknowledged: whose people did; null: no matter.';
comment on column notice_step.contact_id is 'Desk that was told; null: none of the list.';
comment on column notice_step.card_no is 'Card of who took it; null: not noted.';
comment on column notice_step.call_id is 'escalated: call-out of the duty roster; null: nobody was on duty to be called.';

create table file_key (
  key_id integer generated always as identity primary key,
  seed bytea not null check (octet_length(seed) = 32),
  valid_from date not null,
  valid_to date check (valid_to > valid_from)
);
comment on table file_key is 'Keys that sign notices carried as a file; while one replaces another, both sign. Every installation has its own.';
comment on column file_key.key_id is 'Key.';
comment on column file_key.seed is 'Ed25519 seed.';
comment on column file_key.valid_from is 'First day it signs.';
comment on column file_key.valid_to is 'First day it no longer signs; null: open.';
insert into file_key (seed, valid_from)
select sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), '2020-01-01';

create trigger notice_step_append_only before update or delete on notice_step for each row execute function refuse_change();
create trigger notice_step_no_truncate before truncate on notice_step for each statement execute function refuse_change();
alter table notice_step enable always trigger notice_step_append_only;
alter table notice_step enable always trigger notice_step_no_truncate;

-- A notice stays what it was; only its recipient is named once, and it is settled once.
create function notice_moves_on() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (old.party_code is not null and new.party_code is distinct from old.party_code) or (old.settled_at is not null and new.settled_at is distinct from old.settled_at)
    or (old.notice_id, old.subject_kind, old.subject_id, old.goods_class, old.from_party, old.office_code, old.detected_at, old.raised_at, old.raised_by) is distinct from
       (new.notice_id, new.subject_kind, new.subject_id, new.goods_class, new.from_party, new.office_code, new.detected_at, new.raised_at, new.raised_by) then
    raise exception 'a notice stays what it was' using errcode = 'NI001';
  end if;
  return new;
end $$;
create trigger notice_moves_on before update or delete on notice for each row execute function notice_moves_on();
create trigger notice_no_truncate before truncate on notice for each statement execute function refuse_change();
alter table notice enable always trigger notice_moves_on;
alter table notice enable always trigger notice_no_truncate;

do $$
declare name text;
begin
  foreach name in array array['notice', 'notice_step'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy %I on %I to niem_owner using (true) with check (true)', name || '_of_owner', name);
  end loop;
end $$;
create policy notice_of_both_sides on notice for select to niem_app using (from_party = (select request_party()) or party_code = (select request_party()));
create policy notice_raised on notice for insert to niem_app with check (from_party = (select request_party()) and raised_by = (select request_person()));
create policy notice_moved on notice for update to niem_app using (from_party = (select request_party()) or party_code = (select request_party()));
create policy notice_step_of_both_sides on notice_step for select to niem_app using (exists (select from notice n where n.notice_id = notice_step.notice_id));
create policy notice_step_added on notice_step for insert to niem_app with check (person_id = (select request_person()) and exists (select from notice n where n.notice_id = notice_step.notice_id));

-- For the clock: what is open and acknowledged by nobody, and the step that follows. It asks for nobody and tells nobody what is in it.
create function open_notices() returns table (notice_id uuid, from_party text, party_code text, office_code text, raised_at timestamptz, repeats bigint, escalated boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select n.notice_id, n.from_party, n.party_code, n.office_code, n.raised_at, count(*) filter (where s.kind = 'repeated'), coalesce(bool_or(s.kind = 'escalated'), false)
  from notice n left join notice_step s using (notice_id) where n.settled_at is null group by n.notice_id
$$;
create function press_notice(id uuid, wanted uuid, step_kind text, nth bigint, call uuid, step_at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform from notice n where n.notice_id = wanted and n.settled_at is null for update;
  if not found or (select count(*) from notice_step s where s.notice_id = wanted and s.kind = step_kind) >= nth then return false; end if;
  insert into notice_step (step_id, notice_id, step_no, kind, at, call_id)
  select id, wanted, coalesce(max(s.step_no), 0) + 1, step_kind, step_at, call from notice_step s where s.notice_id = wanted;
  return true;
end $$;
revoke all on function open_notices(), press_notice(uuid, uuid, text, bigint, uuid, timestamptz), notice_moves_on() from public;
grant execute on function open_notices(), press_notice(uuid, uuid, text, bigint, uuid, timestamptz) to niem_app;
grant select on notice_route to niem_app, niem_reader;
grant select, insert (asked_id, subject_kind, subject_id, goods_class, from_party, office_code, route_id, party_code, detected_at, raised_at, raised_by) on notice to niem_app;
grant select, insert on notice_step to niem_app;
grant update (party_code, settled_at) on notice to niem_app;
grant select on file_key to niem_app;
