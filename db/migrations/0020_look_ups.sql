-- Look-ups are counted by person and by agency or office, so that nobody walks through the register of items unseen.

alter table read_log add column party_code text check (party_code ~ '^[A-Z0-9-]{2,20}$');
comment on column read_log.party_code is 'For which agency or office; null: noted by a function that does not say.';
comment on column read_log.rows_read is 'How many rows were told; 0: there was nothing, or nothing for the one who asked.';
comment on column read_log.subject is 'What kind of thing: item (looked up by its number), marked (an answer that told marks A, B or C), watch_entry, watch_hit, legal_basis, notice …';
create index read_log_person on read_log (person_id, read_at);
create index read_log_look_ups on read_log (party_code, read_at) where subject = 'item';

-- Watch lists are written in the name of whoever keeps them, and their ids are made here: neither an insert on another's list nor one
-- under its id tells that it is there.
create function uuid7() returns uuid language sql volatile set search_path = pg_catalog, pg_temp as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
$$;
alter table watch_list alter list_id set default uuid7();
alter table watch_entry alter entry_id set default uuid7();
alter table watch_decision alter decision_id set default uuid7();
comment on column watch_list.list_id is 'UUIDv7 made by the database.';
comment on column watch_entry.entry_id is 'UUIDv7 made by the database.';
comment on column watch_decision.decision_id is 'UUIDv7 made by the database.';
revoke insert on watch_list, watch_entry, watch_decision from niem_app;
grant insert (agency_code, office_code, title, purpose, act_code, basis_no, authored_by, authored_at, expires_at) on watch_list to niem_app;
grant insert (list_id, match_kind, entry_text, least_match, match_keys, added_by, added_at) on watch_entry to niem_app;
grant insert (list_id, entry_id, decision, decided_by, decided_at) on watch_decision to niem_app;

create function my_watch_lists() returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return query select l.list_id from watch_list l where coalesce(l.agency_code, l.office_code) = request_party();
end $$;
revoke all on function uuid7(), my_watch_lists() from public;
grant execute on function uuid7(), my_watch_lists() to niem_app;

drop policy watch_list_added on watch_list;
drop policy watch_entry_added on watch_entry;
drop policy watch_decision_added on watch_decision;
create policy watch_list_added on watch_list for insert to niem_app with check (coalesce(agency_code, office_code) = (select request_party()) and authored_by = (select request_person()));
create policy watch_entry_added on watch_entry for insert to niem_app with check (list_id in (select my_watch_lists()) and added_by = (select request_person()));
create policy watch_decision_added on watch_decision for insert to niem_app with check (list_id in (select my_watch_lists()) and decided_by = (select request_person()));
-- Whoever writes may see what was written, by its id: the answer to the insert says it.
create policy watch_list_of_keeper on watch_list for select to niem_app using (coalesce(agency_code, office_code) = (select request_party()));
create policy watch_entry_of_keeper on watch_entry for select to niem_app using (list_id in (select my_watch_lists()));
grant select (list_id) on watch_list to niem_app;
grant select (entry_id) on watch_entry to niem_app;

create or replace function watch_approver_is_another_person() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare approved timestamptz;
begin
  if new.list_id not in (select my_watch_lists()) then
    raise exception 'no list of who asks' using errcode = '42501';
  end if;
  approved := (select max(decided_at) from watch_decision where list_id = new.list_id and decision = 'approved');
  if new.decision = 'approved' and ((approved is null and exists (select from watch_list where list_id = new.list_id and authored_by = new.decided_by))
      or exists (select from watch_entry where list_id = new.list_id and added_by = new.decided_by and added_at >= coalesce(approved, '-infinity'))) then
    raise exception 'the approver wrote the list' using errcode = 'NI003';
  end if;
  if new.entry_id is not null and not exists (select from watch_entry where entry_id = new.entry_id and list_id = new.list_id) then
    raise exception 'not an entry of this list' using errcode = 'NI003';
  end if;
  return new;
end $$;
