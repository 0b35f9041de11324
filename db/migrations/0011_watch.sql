-- Watch lists, blind at the counter; the legal basis without which nothing is opened; biên bản, numbered without gaps; and who
-- read what of all this.
--
-- Entries and hits can be read through functions only, by the token of a session that its owner's people hold: of tokens the
-- database knows hashes, so whoever speaks SQL as the app can read no list whose owner is not asking. Each such read is logged by
-- the function itself.

create table read_log (
  read_id bigint generated always as identity primary key,
  person_id uuid not null references person,
  subject text not null check (subject ~ '^[a-z_]{2,40}$'),
  subject_ref text not null check (length(subject_ref) between 1 and 80),
  rows_read integer not null check (rows_read >= 0),
  read_at timestamptz not null
);
create index read_log_subject on read_log (subject, subject_ref, read_at);
comment on table read_log is 'Who read which sensitive rows, and when. Append only.';
comment on column read_log.read_id is 'Key.';
comment on column read_log.person_id is 'Who.';
comment on column read_log.subject is 'What kind of thing: watch_entry, watch_hit, legal_basis …';
comment on column read_log.subject_ref is 'Which one: its key.';
comment on column read_log.rows_read is 'How many rows were told.';
comment on column read_log.read_at is 'Server time.';

create table watch_list (
  list_id uuid primary key,
  agency_code text check (agency_code ~ '^[A-Z0-9-]{2,20}$'),
  office_code text check (office_code ~ '^[0-9A-Z]{6}$'),
  title text not null check (length(title) between 3 and 160),
  purpose text not null check (length(purpose) between 3 and 400),
  act_code text references legal_act,
  basis_no text check (length(basis_no) between 1 and 40),
  authored_by uuid not null references person,
  authored_at timestamptz not null,
  expires_at timestamptz not null,
  constraint watch_list_has_one_owner check (num_nonnulls(agency_code, office_code) = 1),
  constraint watch_list_ends_within_a_year check (expires_at > authored_at and expires_at <= authored_at + interval '1 year')
);
comment on table watch_list is 'Watch lists: who is looked for, by whose order, for what, until when. Never edited: a change is a further list. Read through watch_lists() only.';
comment on column watch_list.list_id is 'UUIDv7.';
comment on column watch_list.agency_code is 'Owner, an agency; null: an office.';
comment on column watch_list.office_code is 'Owner, an office of the post; null: an agency.';
comment on column watch_list.title is 'What the owner calls it.';
comment on column watch_list.purpose is 'What it is for.';
comment on column watch_list.act_code is 'Legal act it rests on; null: none was named.';
comment on column watch_list.basis_no is 'Number of the order it rests on; null: none was named.';
comment on column watch_list.authored_by is 'Who made it.';
comment on column watch_list.authored_at is 'When.';
comment on column watch_list.expires_at is 'From then on it matches nothing. At most a year: operator rule, not law.';

create table watch_entry (
  entry_id uuid primary key,
  list_id uuid not null references watch_list,
  match_kind text not null check (match_kind in ('person', 'organisation', 'address', 'phone', 'item_code')),
  entry_text text not null check (length(entry_text) between 2 and 240),
  least_match text not null check (least_match in ('same', 'perhaps')),
  match_keys text[] not null check (cardinality(match_keys) between 1 and 80),
  added_by uuid not null references person,
  added_at timestamptz not null
);
create index watch_entry_keys on watch_entry using gin (match_keys);
create index watch_entry_list on watch_entry (list_id);
comment on table watch_entry is 'What a list looks for. Never edited. Read through watch_entries() only, and by the match itself.';
comment on column watch_entry.entry_id is 'UUIDv7.';
comment on column watch_entry.list_id is 'The list.';
comment on column watch_entry.match_kind is 'person, organisation, address, phone or item_code.';
comment on column watch_entry.entry_text is 'The name, address, phone or number looked for.';
comment on column watch_entry.least_match is 'same: hold what is the same; perhaps: also what may be (src/domain/match_tier.ts).';
comment on column watch_entry.match_keys is 'Folded keys of the text (src/domain/name_match.ts): whoever may match shares one.';
comment on column watch_entry.added_by is 'Who added it.';
comment on column watch_entry.added_at is 'When; it counts once somebody else has approved the list after that.';

create table watch_decision (
  decision_id uuid primary key,
  list_id uuid not null references watch_list,
  entry_id uuid references watch_entry,
  decision text not null check (decision in ('approved', 'withdrawn')),
  decided_by uuid not null references person,
  decided_at timestamptz not null,
  constraint lists_are_approved_whole check (decision = 'withdrawn' or entry_id is null)
);
create index watch_decision_list on watch_decision (list_id);
comment on table watch_decision is 'Approvals of lists by another person, and withdrawals of lists and entries. Append only: the history of a list.';
comment on column watch_decision.decision_id is 'UUIDv7.';
comment on column watch_decision.list_id is 'The list.';
comment on column watch_decision.entry_id is 'The entry withdrawn; null: the whole list.';
comment on column watch_decision.decision is 'approved: all entries added before; withdrawn: for ever.';
comment on column watch_decision.decided_by is 'Who; an approver has written nothing of what waits.';
comment on column watch_decision.decided_at is 'When.';

create table watch_hit (
  checkpoint_id uuid not null,
  entry_id uuid not null references watch_entry,
  unit_id uuid not null,
  office_code text not null,
  party text not null check (party in ('sender', 'addressee', 'item')),
  tier text not null check (tier ~ '^[a-z]{3,20}$'),
  score numeric(4, 1) not null check (score between 0 and 100),
  hit_at timestamptz not null,
  primary key (checkpoint_id, entry_id)
);
create index watch_hit_office on watch_hit (office_code, hit_at desc);
create index watch_hit_entry on watch_hit (entry_id, hit_at desc);
comment on table watch_hit is 'Items held because of an entry. Holds no personal field. Read through watch_hits() only. Append only.';
comment on column watch_hit.checkpoint_id is 'Acceptance that was held.';
comment on column watch_hit.entry_id is 'The entry.';
comment on column watch_hit.unit_id is 'The item.';
comment on column watch_hit.office_code is 'Office of acceptance.';
comment on column watch_hit.party is 'Whose particulars matched: sender, addressee, or the number of the item.';
comment on column watch_hit.tier is 'How they matched (src/domain/match_tier.ts).';
comment on column watch_hit.score is '0 to 100.';
comment on column watch_hit.hit_at is 'Server time.';

alter table reason drop constraint reason_reason_list_check;
alter table reason add constraint reason_reason_list_check check (reason_list in
  ('acceptance_refusal', 'approval_refusal', 'sender_override', 'discrepancy', 'non_delivery', 'hold', 'incident', 'correction', 'damage', 'seal', 'force_close', 'reprint', 'urgency'));

create table legal_basis (
  basis_id uuid primary key,
  unit_id uuid not null,
  secrecy text not null default 'NONE' check (secrecy = 'NONE'),
  act_code text not null references legal_act,
  agency_code text not null check (agency_code ~ '^[A-Z0-9-]{2,20}$'),
  decision_no text not null check (decision_no ~ '^[^[:space:]]{1,40}$'),
  signer_card_no text not null check (signer_card_no ~ '^[A-Z0-9-]{4,24}$'),
  procuracy_approval_no text check (procuracy_approval_no ~ '^[^[:space:]]{1,40}$'),
  urgency_reason_code text check (urgency_reason_code ~ '^[a-z0-9_]{2,40}$'),
  witness_person_id uuid not null references person,
  recorded_by uuid not null references person,
  recorded_at timestamptz not null,
  constraint marked_items_are_never_opened foreign key (unit_id, secrecy) references item (unit_id, secrecy),
  constraint approved_by_the_procuracy_or_urgent check (num_nonnulls(procuracy_approval_no, urgency_reason_code) >= 1),
  constraint witness_of_the_post_is_another_person check (witness_person_id <> recorded_by)
);
create index legal_basis_unit on legal_basis (unit_id);
comment on table legal_basis is 'Decisions by which an authority opens an item. Without one the database takes no entry of an opening. Append only.';
comment on column legal_basis.basis_id is 'UUIDv7.';
comment on column legal_basis.unit_id is 'The item.';
comment on column legal_basis.secrecy is 'Always NONE: the key with it makes rows for A, B and C impossible.';
comment on column legal_basis.act_code is 'Legal act the decision rests on.';
comment on column legal_basis.agency_code is 'Body that decided.';
comment on column legal_basis.decision_no is 'Number and symbol of the decision.';
comment on column legal_basis.signer_card_no is 'Card of who signed it.';
comment on column legal_basis.procuracy_approval_no is 'Number of the procuracy''s approval; null: urgent, the approval follows.';
comment on column legal_basis.urgency_reason_code is 'Why it could not wait; null: it was approved before.';
comment on column legal_basis.witness_person_id is 'Representative of the post who witnesses and signs.';
comment on column legal_basis.recorded_by is 'Who recorded it.';
comment on column legal_basis.recorded_at is 'When.';

-- Whoever speaks SQL as the app, or more, opens nothing without a basis, and never what is marked A, B or C.
create function refuse_opening_without_basis() returns trigger language plpgsql as $$
begin
  if not exists (select from legal_basis b join item i on i.unit_id = b.unit_id and i.secrecy = 'NONE' where b.unit_id = new.unit_id and b.recorded_at <= new.received_at) then
    raise exception 'opening % without a recorded legal basis', new.unit_id using errcode = 'NI002';
  end if;
  return new;
end $$;
create trigger opening_has_a_legal_basis before insert on checkpoint for each row when (new.kind = 'opened_by_authority') execute function refuse_opening_without_basis();
alter table checkpoint enable always trigger opening_has_a_legal_basis;

create table written_record_series (
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  record_year smallint not null check (record_year between 2000 and 2999),
  next_no integer not null check (next_no > 0),
  primary key (office_code, record_year)
);
comment on table written_record_series is 'Next number of biên bản of an office and year; its row lock keeps the numbers without gaps.';
comment on column written_record_series.office_code is 'The office.';
comment on column written_record_series.record_year is 'Civil year in Việt Nam.';
comment on column written_record_series.next_no is 'Next number.';

create table written_record (
  record_id uuid primary key,
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  record_year smallint not null check (record_year between 2000 and 2999),
  record_no integer not null check (record_no > 0),
  form text not null check (form in ('discovery', 'damage_rewrap', 'discrepancy', 'seal', 'joint_inspection', 'temporary_holding', 'handover', 'return')),
  unit_id uuid not null references unit,
  discrepancy_id uuid references discrepancy,
  content bytea not null check (octet_length(content) between 1 and 16384),
  digest bytea not null unique check (digest = sha256(content)),
  drawn_at timestamptz not null,
  drawn_by uuid not null references person,
  unique (office_code, record_year, record_no)
);
create index written_record_unit on written_record (unit_id);
comment on table written_record is 'Biên bản: what the ledger said when it was drawn up, frozen, numbered and hashed. Append only: an amendment is a further record.';
comment on column written_record.record_id is 'UUIDv7 made by the client.';
comment on column written_record.office_code is 'Office whose number it bears.';
comment on column written_record.record_year is 'Civil year in Việt Nam.';
comment on column written_record.record_no is 'Running number of the office and year, from 1, without gaps.';
comment on column written_record.form is 'Entry of the catalogue (src/domain/record_form.ts).';
comment on column written_record.unit_id is 'Item or bag it is about.';
comment on column written_record.discrepancy_id is 'Difference it records; null: none.';
comment on column written_record.content is 'Canonical bytes (docs/ledger.md, section 1) of what is printed: codes, figures, times, numbers of people; no content of any item.';
comment on column written_record.digest is 'SHA-256 of content: what the QR on the paper says.';
comment on column written_record.drawn_at is 'When.';
comment on column written_record.drawn_by is 'By whom.';

create table written_record_scan (
  record_id uuid not null references written_record,
  scan_no smallint not null check (scan_no between 1 and 50),
  digest bytea not null check (octet_length(digest) = 32),
  bytes integer not null check (bytes between 1 and 52428800),
  media_type text not null check (media_type in ('application/pdf', 'image/jpeg', 'image/png', 'image/webp')),
  attached_at timestamptz not null,
  attached_by uuid not null references person,
  primary key (record_id, scan_no),
  unique (record_id, digest)
);
comment on table written_record_scan is 'Signed papers as they came back: which file, not the file. Append only.';
comment on column written_record_scan.record_id is 'The biên bản.';
comment on column written_record_scan.scan_no is 'Running number, from 1.';
comment on column written_record_scan.digest is 'SHA-256 of the file.';
comment on column written_record_scan.bytes is 'Size of the file.';
comment on column written_record_scan.media_type is 'Kind of the file.';
comment on column written_record_scan.attached_at is 'When.';
comment on column written_record_scan.attached_by is 'By whom.';

do $$
declare name text;
begin
  foreach name in array array['read_log', 'watch_list', 'watch_entry', 'watch_decision', 'watch_hit', 'legal_basis', 'written_record', 'written_record_scan'] loop
    execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()', name || '_append_only', name);
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()', name || '_no_truncate', name);
    execute format('alter table %I enable always trigger %I', name, name || '_append_only');
    execute format('alter table %I enable always trigger %I', name, name || '_no_truncate');
  end loop;
  -- The owner alone, through the functions below; even a right to select given to somebody by mistake shows no row.
  foreach name in array array['watch_list', 'watch_entry', 'watch_decision', 'watch_hit'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy %I on %I to niem_owner using (true) with check (true)', name || '_by_function', name);
    execute format('create policy %I on %I for insert to niem_app with check (true)', name || '_added', name);
  end loop;
end $$;

-- An approver has written nothing of what waits: neither a list that nobody has approved yet, nor an entry added since.
create function watch_approver_is_another_person() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare approved timestamptz := (select max(decided_at) from watch_decision where list_id = new.list_id and decision = 'approved');
begin
  if new.decision = 'approved' and ((approved is null and exists (select from watch_list where list_id = new.list_id and authored_by = new.decided_by))
      or exists (select from watch_entry where list_id = new.list_id and added_by = new.decided_by and added_at >= coalesce(approved, '-infinity'))) then
    raise exception 'the approver wrote the list' using errcode = 'NI003';
  end if;
  if new.entry_id is not null and not exists (select from watch_entry where entry_id = new.entry_id and list_id = new.list_id) then
    raise exception 'not an entry of this list' using errcode = 'NI003';
  end if;
  return new;
end $$;
create trigger watch_approver_is_another_person before insert on watch_decision for each row execute function watch_approver_is_another_person();
alter table watch_decision enable always trigger watch_approver_is_another_person;

-- For whom somebody with this token keeps lists: his agency, or his office when he is duty officer or leader there.
create function watch_keeper(token text) returns table (person_id uuid, agency_code text, office_code text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select s.person_id, s.agency_code, s.office_code from session s join person p using (person_id)
  where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.ended_at is null and s.expires_at > now()
    and p.valid_from <= current_date and (p.valid_to is null or p.valid_to > current_date)
    and exists (select from person_role r where r.person_id = s.person_id and r.role in ('liaison', 'duty_officer', 'leader')
      and coalesce(r.agency_code, r.office_code) = coalesce(s.agency_code, s.office_code) and r.valid_from <= current_date and (r.valid_to is null or r.valid_to > current_date))
$$;

create function watch_lists(token text)
returns table (list_id uuid, title text, purpose text, act_code text, basis_no text, authored_by uuid, authored_at timestamptz, expires_at timestamptz, approved_at timestamptz, approved_by uuid, withdrawn_at timestamptz, entries bigint, waiting bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select l.list_id, l.title, l.purpose, l.act_code, l.basis_no, l.authored_by, l.authored_at, l.expires_at, a.decided_at, a.decided_by, w.decided_at,
    (select count(*) from watch_entry e where e.list_id = l.list_id), (select count(*) from watch_entry e where e.list_id = l.list_id and (a.decided_at is null or e.added_at >= a.decided_at))
  from watch_list l join watch_keeper(token) k on l.agency_code = k.agency_code or l.office_code = k.office_code
  left join lateral (select d.decided_at, d.decided_by from watch_decision d where d.list_id = l.list_id and d.decision = 'approved' order by d.decided_at desc limit 1) a on true
  left join lateral (select min(d.decided_at) as decided_at from watch_decision d where d.list_id = l.list_id and d.decision = 'withdrawn' and d.entry_id is null) w on true
  order by l.list_id desc
$$;

create function watch_entries(token text, wanted uuid, after uuid, at_most integer)
returns table (entry_id uuid, match_kind text, entry_text text, least_match text, added_by uuid, added_at timestamptz, withdrawn_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare told integer;
begin
  return query
    select e.entry_id, e.match_kind, e.entry_text, e.least_match, e.added_by, e.added_at, (select min(d.decided_at) from watch_decision d where d.entry_id = e.entry_id)
    from watch_entry e join watch_list l using (list_id) join watch_keeper(token) k on l.agency_code = k.agency_code or l.office_code = k.office_code
    where e.list_id = wanted and e.entry_id > after order by e.entry_id limit at_most;
  get diagnostics told = row_count;
  insert into read_log (person_id, subject, subject_ref, rows_read, read_at) select k.person_id, 'watch_entry', wanted::text, told, now() from watch_keeper(token) k;
end $$;

-- To the list's owner: which entry, how. To the duty officer of the office that holds the item: whom to call, and nothing of the list.
create function watch_hits(token text, at_most integer)
returns table (checkpoint_id uuid, unit_id uuid, office_code text, hit_at timestamptz, owner_agency_code text, owner_office_code text, list_id uuid, entry_id uuid, party text, tier text, score numeric)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare told integer;
begin
  return query
    select h.checkpoint_id, h.unit_id, h.office_code, h.hit_at, l.agency_code, l.office_code, case when mine.yes then l.list_id end, case when mine.yes then h.entry_id end,
      case when mine.yes then h.party end, case when mine.yes then h.tier end, case when mine.yes then h.score end
    from watch_hit h join watch_entry e using (entry_id) join watch_list l using (list_id) cross join watch_keeper(token) k
    cross join lateral (select coalesce(l.agency_code = k.agency_code or l.office_code = k.office_code, false) as yes) mine
    where mine.yes or h.office_code = k.office_code order by h.hit_at desc, h.checkpoint_id limit at_most;
  get diagnostics told = row_count;
  insert into read_log (person_id, subject, subject_ref, rows_read, read_at) select k.person_id, 'watch_hit', coalesce(k.agency_code, k.office_code), told, now() from watch_keeper(token) k;
end $$;

-- For the match at acceptance: what shares a key, of lists in force. Tells nothing to who does not know the key. In plpgsql,
-- which keeps its plan: an SQL function would be planned at each call.
create function watch_candidates(keys text[])
returns table (entry_id uuid, match_kind text, entry_text text, least_match text, expires_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  return query
    select e.entry_id, e.match_kind, e.entry_text, e.least_match, l.expires_at from watch_entry e join watch_list l using (list_id)
    where e.match_keys && keys and l.expires_at > now()
      and exists (select from watch_decision d where d.list_id = l.list_id and d.decision = 'approved' and d.decided_at > e.added_at)
      and not exists (select from watch_decision d where d.list_id = l.list_id and d.decision = 'withdrawn' and coalesce(d.entry_id, e.entry_id) = e.entry_id)
    order by e.entry_id limit 5000;
end $$;

revoke all on function watch_keeper(text), watch_lists(text), watch_entries(text, uuid, uuid, integer), watch_hits(text, integer), watch_candidates(text[]), watch_approver_is_another_person() from public;
grant execute on function watch_lists(text), watch_entries(text, uuid, uuid, integer), watch_hits(text, integer), watch_candidates(text[]) to niem_app;
grant insert on watch_list, watch_entry, watch_decision, watch_hit to niem_app;
grant select, insert on read_log, legal_basis, written_record, written_record_scan to niem_app;
grant select, insert, update on written_record_series to niem_app;
grant select on read_log, legal_basis, written_record, written_record_series, written_record_scan to niem_reader;
grant usage on all sequences in schema public to niem_app;
