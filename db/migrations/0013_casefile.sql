-- Casefiles: what agencies and the post handle together. Each party sees what it was granted, row by row, because the database
-- itself asks whose session it is: the app can set no context, it can only hand over a token.

-- Who asks, noted for one transaction of one connection. Unlogged: it is worth nothing once the transaction is over.
create unlogged table request_context (
  pid integer primary key,
  xid xid8 not null,
  person_id uuid not null,
  party_code text
) with (fillfactor = 50);
comment on table request_context is 'Who asks in the transaction that runs on a connection. Written by begin_request() alone, read by the policies alone.';
comment on column request_context.pid is 'Process of the connection.';
comment on column request_context.xid is 'Transaction it holds for; in any other it says nothing.';
comment on column request_context.person_id is 'Who.';
comment on column request_context.party_code is 'Agency or office for which he handles casefiles; null: he handles none.';

create table casefile (
  casefile_id uuid primary key,
  codes_only boolean not null,
  opened_at timestamptz not null,
  opened_party text not null check (opened_party ~ '^[A-Z0-9-]{2,20}$'),
  opened_entry_id uuid not null,
  lead_party text not null check (lead_party ~ '^[A-Z0-9-]{2,20}$'),
  state text not null check (state in ('flagged', 'triage', 'held', 'notified', 'joint_inspection', 'cleared', 'handed_over', 'returned', 'destroyed')),
  severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
  entry_no integer not null check (entry_no >= 0),
  head_hash bytea check (octet_length(head_hash) = 32),
  unique (casefile_id, codes_only),
  constraint an_opening_sent_twice_opens_once unique (opened_party, opened_entry_id)
);
comment on table casefile is 'Casefiles as they stand: the fold of their entries. Its row lock orders the entries.';
comment on column casefile.casefile_id is 'UUIDv7 made by the database, so that nobody can ask by inserting whether one exists.';
comment on column casefile.codes_only is 'KT1 is in it: codes only, no words and no files.';
comment on column casefile.opened_at is 'Server time.';
comment on column casefile.opened_party is 'Agency or office that opened it.';
comment on column casefile.opened_entry_id is 'UUIDv7 that the client made for the opening; unique within its party, so that nobody learns of another''s.';
comment on column casefile.lead_party is 'Agency or office that leads it.';
comment on column casefile.state is 'State after the last entry (src/domain/casefile.ts).';
comment on column casefile.severity is 'low, medium, high or critical, as last triaged.';
comment on column casefile.entry_no is 'Number of the last entry; 0: none yet.';
comment on column casefile.head_hash is 'SHA-256 of the last entry''s bytes; null: none yet.';

create table casefile_party (
  casefile_id uuid not null references casefile,
  grant_no integer not null check (grant_no > 0),
  party_code text not null check (party_code ~ '^[A-Z0-9-]{2,20}$'),
  person_ids uuid[] check (cardinality(person_ids) between 1 and 20),
  granted_at timestamptz not null,
  until_at timestamptz check (until_at > granted_at),
  revoke_no integer check (revoke_no > grant_no),
  revoked_at timestamptz,
  primary key (casefile_id, grant_no),
  constraint revocation_has_an_entry check ((revoke_no is null) = (revoked_at is null))
);
create index casefile_party_code on casefile_party (party_code);
comment on table casefile_party is 'Who may know a casefile: one row a grant. The policies read it.';
comment on column casefile_party.casefile_id is 'The casefile.';
comment on column casefile_party.grant_no is 'Number of the entry that granted it.';
comment on column casefile_party.party_code is 'Agency or office.';
comment on column casefile_party.person_ids is 'Of it only these people; null: all who handle casefiles there.';
comment on column casefile_party.granted_at is 'From then on.';
comment on column casefile_party.until_at is 'Until then; null: open.';
comment on column casefile_party.revoke_no is 'Number of the entry that revoked it; null: none.';
comment on column casefile_party.revoked_at is 'When it was revoked; null: not.';

create table casefile_entry (
  casefile_id uuid not null references casefile,
  entry_no integer not null check (entry_no > 0),
  entry_id uuid not null,
  kind text not null check (kind ~ '^[a-z_]{2,40}$'),
  at timestamptz not null,
  person_id uuid not null references person,
  party_code text not null check (party_code ~ '^[A-Z0-9-]{2,20}$'),
  only_party text check (only_party ~ '^[A-Z0-9-]{2,20}$'),
  answers_no integer check (answers_no < entry_no),
  body bytea not null check (octet_length(body) <= 16384),
  hash bytea not null check (octet_length(hash) = 32 and hash = sha256(body)),
  tx_id bigint not null default (pg_current_xact_id()::text::bigint),
  primary key (casefile_id, entry_no),
  unique (casefile_id, entry_id)
);
create index casefile_entry_tx on casefile_entry (tx_id);
create unique index a_proposal_is_decided_once on casefile_entry (casefile_id, answers_no) where kind in ('approved', 'rejected', 'proposal_withdrawn');
comment on table casefile_entry is 'What was done in a casefile. Append only; one hash chain a casefile.';
comment on column casefile_entry.casefile_id is 'The casefile.';
comment on column casefile_entry.entry_no is 'Dense number from 1; given under the lock of the casefile.';
comment on column casefile_entry.entry_id is 'UUIDv7 made by the client: sent again, it is the same entry.';
comment on column casefile_entry.kind is 'Entry of the catalogue (src/domain/casefile.ts).';
comment on column casefile_entry.at is 'Server time, milliseconds.';
comment on column casefile_entry.person_id is 'Who.';
comment on column casefile_entry.party_code is 'Agency or office for which he did it.';
comment on column casefile_entry.only_party is 'Seen by this party and the writer''s only; null: by all parties.';
comment on column casefile_entry.answers_no is 'Entry that this one answers, decides, ends or revokes; null: none.';
comment on column casefile_entry.body is 'The canonical bytes that are hashed, with the hash of the entry before (docs/cases.md). The other columns only repeat them.';
comment on column casefile_entry.hash is 'SHA-256 of body.';
comment on column casefile_entry.tx_id is 'Transaction that wrote it: the cursor of live updates, which loses nothing that commits late.';

create table casefile_words (
  casefile_id uuid not null,
  entry_no integer not null,
  codes_only boolean not null default false check (not codes_only),
  salt bytea not null check (octet_length(salt) = 32),
  words text not null check (length(words) between 1 and 2000),
  primary key (casefile_id, entry_no),
  foreign key (casefile_id, entry_no) references casefile_entry,
  constraint no_words_about_kt1 foreign key (casefile_id, codes_only) references casefile (casefile_id, codes_only)
);
comment on table casefile_words is 'What people wrote. The entry holds a salted commitment, so that words can be erased and the chain still holds.';
comment on column casefile_words.casefile_id is 'The casefile.';
comment on column casefile_words.entry_no is 'The entry.';
comment on column casefile_words.codes_only is 'Always false: the key with it makes words about KT1 impossible.';
comment on column casefile_words.salt is 'Key of the commitment.';
comment on column casefile_words.words is 'The words.';

create table casefile_evidence (
  casefile_id uuid not null,
  evidence_id uuid not null,
  entry_no integer not null,
  codes_only boolean not null default false check (not codes_only),
  digest bytea not null check (octet_length(digest) = 32),
  bytes integer not null check (bytes between 1 and 20971520),
  media_type text not null check (media_type in ('image/jpeg', 'image/png', 'image/webp')),
  width integer not null check (width between 1 and 20000),
  height integer not null check (height between 1 and 20000),
  view_digest bytea not null check (octet_length(view_digest) = 32),
  primary key (casefile_id, evidence_id),
  foreign key (casefile_id, entry_no) references casefile_entry,
  constraint no_pictures_of_kt1 foreign key (casefile_id, codes_only) references casefile (casefile_id, codes_only)
);
comment on table casefile_evidence is 'Pictures of a casefile: which file, not the file.';
comment on column casefile_evidence.casefile_id is 'The casefile.';
comment on column casefile_evidence.evidence_id is 'UUIDv7 made by the client; part of the name of the stored file.';
comment on column casefile_evidence.entry_no is 'The entry that added it.';
comment on column casefile_evidence.codes_only is 'Always false: the key with it makes pictures of KT1 impossible.';
comment on column casefile_evidence.digest is 'SHA-256 of the file as it came.';
comment on column casefile_evidence.bytes is 'Its size.';
comment on column casefile_evidence.media_type is 'What its bytes are, whatever its name said.';
comment on column casefile_evidence.width is 'Pixels.';
comment on column casefile_evidence.height is 'Pixels.';
comment on column casefile_evidence.view_digest is 'SHA-256 of the picture made from it for viewing.';

create table casefile_unit (
  casefile_id uuid not null references casefile,
  unit_id uuid not null references unit,
  added_no integer not null check (added_no > 0),
  dropped_no integer check (dropped_no > added_no),
  primary key (casefile_id, unit_id, added_no)
);
create index casefile_unit_unit on casefile_unit (unit_id);
comment on table casefile_unit is 'Items and bags that a casefile is about.';
comment on column casefile_unit.casefile_id is 'The casefile.';
comment on column casefile_unit.unit_id is 'The item or bag.';
comment on column casefile_unit.added_no is 'Number of the entry that added it.';
comment on column casefile_unit.dropped_no is 'Number of the entry that dropped it; null: it is in.';

create table casefile_read (
  read_id bigint generated always as identity primary key,
  casefile_id uuid not null references casefile,
  person_id uuid not null references person,
  party_code text not null,
  read_at timestamptz not null
);
create index casefile_read_casefile on casefile_read (casefile_id, read_at);
comment on table casefile_read is 'Who looked at a casefile, told to its parties. Append only.';
comment on column casefile_read.read_id is 'Key.';
comment on column casefile_read.casefile_id is 'The casefile.';
comment on column casefile_read.person_id is 'Who.';
comment on column casefile_read.party_code is 'For which agency or office.';
comment on column casefile_read.read_at is 'When.';

-- Notes who asks. The database knows hashes of tokens only, so whoever speaks SQL as the app must bring a token to be anybody.
create function begin_request(token text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare who record;
begin
  select s.person_id, coalesce(s.agency_code, s.office_code) as place into who
  from session s join person p using (person_id)
  where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.ended_at is null and s.expires_at > now()
    and p.valid_from <= current_date and (p.valid_to is null or p.valid_to > current_date);
  if not found then
    delete from request_context where pid = pg_backend_pid();
    return false;
  end if;
  insert into request_context (pid, xid, person_id, party_code)
  values (pg_backend_pid(), pg_current_xact_id(), who.person_id, (
    select who.place where exists (
      select from person_role r where r.person_id = who.person_id and r.role in ('liaison', 'duty_officer', 'leader')
        and coalesce(r.agency_code, r.office_code) = who.place and r.valid_from <= current_date and (r.valid_to is null or r.valid_to > current_date))))
  on conflict (pid) do update set xid = excluded.xid, person_id = excluded.person_id, party_code = excluded.party_code;
  return true;
end $$;

create function request_party() returns text
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return (select c.party_code from request_context c where c.pid = pg_backend_pid() and c.xid = pg_current_xact_id_if_assigned());
end $$;

create function request_person() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return (select c.person_id from request_context c where c.pid = pg_backend_pid() and c.xid = pg_current_xact_id_if_assigned());
end $$;

-- Casefiles that whoever asks may know; without a context: none.
create function my_casefiles() returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query
    select p.casefile_id from casefile_party p join request_context c on c.pid = pg_backend_pid() and c.xid = pg_current_xact_id_if_assigned()
    where p.party_code = c.party_code and (p.person_ids is null or c.person_id = any (p.person_ids))
      and p.revoked_at is null and (p.until_at is null or p.until_at > now());
end $$;

-- Begins a casefile of whoever asks and grants it to his agency or office.
create function open_casefile(codes_only boolean, severity text, opened_at timestamptz, entry_id uuid) returns uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  party text := request_party();
  id uuid := encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid;
begin
  if party is null then
    raise exception 'nobody asks who handles casefiles' using errcode = '42501';
  end if;
  insert into casefile values (id, codes_only, opened_at, party, entry_id, party, 'flagged', severity, 0, null);
  insert into casefile_party (casefile_id, grant_no, party_code, granted_at) values (id, 1, party, opened_at);
  return id;
end $$;

-- Numbers and hashes of all entries of a casefile of mine: with those that others keep to themselves the chain can still be followed.
create function casefile_hashes(wanted uuid) returns table (entry_no integer, hash bytea)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  return query select e.entry_no, e.hash from casefile_entry e where e.casefile_id = wanted and wanted in (select my_casefiles()) order by e.entry_no;
end $$;

-- Only codes are said of KT1: a casefile with words takes none of it. Of KT1 as a whole: were it only of what is marked, the
-- answer would tell the mark.
create function refuse_kt1_among_words() returns trigger language plpgsql as $$
begin
  if not (select c.codes_only from casefile c where c.casefile_id = new.casefile_id)
    and (exists (select from item i where i.unit_id = new.unit_id and i.service_class = 'kt1') or exists (select from bag b where b.unit_id = new.unit_id and b.mail = 'kt1')) then
    raise exception 'a casefile with words takes no KT1' using errcode = 'NI004';
  end if;
  return new;
end $$;
create trigger kt1_among_codes_only before insert on casefile_unit for each row execute function refuse_kt1_among_words();
alter table casefile_unit enable always trigger kt1_among_codes_only;

-- A decision is approved by another person than the one who proposed it.
create function refuse_own_approval() returns trigger language plpgsql as $$
begin
  if not exists (select from casefile_entry p where p.casefile_id = new.casefile_id and p.entry_no = new.answers_no and p.kind = 'proposed' and p.person_id <> new.person_id) then
    raise exception 'approved by who proposed it, or no proposal' using errcode = 'NI004';
  end if;
  return new;
end $$;
create trigger approver_is_another_person before insert on casefile_entry for each row when (new.kind = 'approved') execute function refuse_own_approval();
alter table casefile_entry enable always trigger approver_is_another_person;

do $$
declare name text;
begin
  foreach name in array array['casefile_entry', 'casefile_read'] loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()', name || '_append_only', name);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()', name || '_no_truncate', name);
    execute format('alter table %I enable always trigger %I', name, name || '_append_only');
    execute format('alter table %I enable always trigger %I', name, name || '_no_truncate');
  end loop;
  -- Forced: for the owner too. He sees them through the functions above, and verifies them.
  foreach name in array array['request_context', 'casefile', 'casefile_party', 'casefile_entry', 'casefile_words', 'casefile_evidence', 'casefile_unit', 'casefile_read'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy %I on %I to niem_owner using (true) with check (true)', name || '_of_owner', name);
  end loop;
end $$;

-- In the policies, as `(select …)`: asked once a statement, not once a row.
create policy casefile_of_parties on casefile for select to niem_app using (casefile_id in (select my_casefiles()));
create policy casefile_moved_by_parties on casefile for update to niem_app using (casefile_id in (select my_casefiles())) with check (casefile_id in (select my_casefiles()));
create policy casefile_party_of_parties on casefile_party for select to niem_app using (casefile_id in (select my_casefiles()));
create policy casefile_party_added on casefile_party for insert to niem_app with check (casefile_id in (select my_casefiles()));
create policy casefile_party_revoked on casefile_party for update to niem_app using (casefile_id in (select my_casefiles()));
create policy casefile_entry_of_parties on casefile_entry for select to niem_app
  using (casefile_id in (select my_casefiles()) and (only_party is null or only_party = (select request_party()) or party_code = (select request_party())));
create policy casefile_entry_added on casefile_entry for insert to niem_app
  with check (casefile_id in (select my_casefiles()) and party_code = (select request_party()) and person_id = (select request_person()));
create policy casefile_words_of_parties on casefile_words for select to niem_app
  using (casefile_id in (select my_casefiles()) and exists (select from casefile_entry e where e.casefile_id = casefile_words.casefile_id and e.entry_no = casefile_words.entry_no));
create policy casefile_words_added on casefile_words for insert to niem_app
  with check (casefile_id in (select my_casefiles()) and exists (select from casefile_entry e where e.casefile_id = casefile_words.casefile_id and e.entry_no = casefile_words.entry_no and e.person_id = (select request_person())));
create policy casefile_evidence_of_parties on casefile_evidence for select to niem_app
  using (casefile_id in (select my_casefiles()) and exists (select from casefile_entry e where e.casefile_id = casefile_evidence.casefile_id and e.entry_no = casefile_evidence.entry_no));
create policy casefile_evidence_added on casefile_evidence for insert to niem_app
  with check (casefile_id in (select my_casefiles()) and exists (select from casefile_entry e where e.casefile_id = casefile_evidence.casefile_id and e.entry_no = casefile_evidence.entry_no and e.person_id = (select request_person())));
create policy casefile_unit_of_parties on casefile_unit for select to niem_app using (casefile_id in (select my_casefiles()));
create policy casefile_unit_added on casefile_unit for insert to niem_app with check (casefile_id in (select my_casefiles()));
create policy casefile_unit_dropped on casefile_unit for update to niem_app using (casefile_id in (select my_casefiles()));
create policy casefile_read_of_parties on casefile_read for select to niem_app using (casefile_id in (select my_casefiles()));
create policy casefile_read_added on casefile_read for insert to niem_app with check (casefile_id in (select my_casefiles()) and person_id = (select request_person()));

revoke all on function begin_request(text), request_party(), request_person(), my_casefiles(), open_casefile(boolean, text, timestamptz, uuid), casefile_hashes(uuid), refuse_kt1_among_words(), refuse_own_approval() from public;
grant execute on function begin_request(text), request_party(), request_person(), my_casefiles(), open_casefile(boolean, text, timestamptz, uuid), casefile_hashes(uuid) to niem_app;
grant select, insert on casefile_party, casefile_entry, casefile_words, casefile_evidence, casefile_unit, casefile_read to niem_app;
grant select on casefile to niem_app;
grant update (lead_party, state, severity, entry_no, head_hash) on casefile to niem_app;
grant update (revoke_no, revoked_at) on casefile_party to niem_app;
grant update (dropped_no) on casefile_unit to niem_app;
grant usage on all sequences in schema public to niem_app;
