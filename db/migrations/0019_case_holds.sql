-- Holds that the database keeps, and casefiles in the log. A held unit does not move, whoever asks: the acts refuse it, and so does the
-- database. The triggers look at nothing on the path of a scan: their conditions name the kinds that move, and units that are held.

create function refuse_moving_what_is_held() returns trigger language plpgsql as $$
begin
  -- What the flight has released meanwhile stands in the ledger already and in the unit's row not yet.
  if (new.kind <> 'bag_sealed' and exists (
    select from unit u where u.unit_id = new.unit_id and u.holds > 0 and u.unit_seq < new.unit_seq
      and not exists (select from checkpoint r where r.unit_id = new.unit_id and r.unit_seq > u.unit_seq and r.unit_seq < new.unit_seq and r.kind = 'hold_released')))
    or (new.kind in ('bag_sealed', 'bag_departed') and exists (
      select from containment n join unit u on u.unit_id = n.item_id where n.bag_id = new.unit_id and n.item_seq_out is null and u.holds > 0
        and not exists (select from checkpoint r where r.unit_id = u.unit_id and r.unit_seq > u.unit_seq and r.kind = 'hold_released'))) then
    raise exception '% is held: % refused', new.unit_id, new.kind using errcode = 'NI005';
  end if;
  return new;
end $$;
-- Kinds that move (src/domain/checkpoint.ts), and closing a bag over what is held.
create trigger held_units_do_not_move before insert on checkpoint for each row
  when (new.kind in ('handed_over', 'bagged', 'signed_out', 'delivered', 'redirected', 'return_started', 'returned', 'withdrawn', 'bag_departed', 'bag_sealed'))
  execute function refuse_moving_what_is_held();
alter table checkpoint enable always trigger held_units_do_not_move;

-- The unit's row: a hold ends by an entry that releases it, and where a held unit is to be found changes by no other.
create function refuse_forgetting_a_hold() returns trigger language plpgsql as $$
begin
  if not exists (
    select from checkpoint r where r.unit_id = new.unit_id and r.unit_seq > old.unit_seq and r.unit_seq <= new.unit_seq
      and (r.kind = 'hold_released' or new.state not in ('in_bag', 'with_courier', 'delivered', 'returning', 'returned', 'withdrawn', 'in_transit'))) then
    raise exception '% is held and no entry says otherwise', new.unit_id using errcode = 'NI005';
  end if;
  return new;
end $$;
create trigger a_hold_is_not_forgotten before update on unit for each row
  when (old.holds > 0 and (new.holds < old.holds or new.state is distinct from old.state))
  execute function refuse_forgetting_a_hold();
alter table unit enable always trigger a_hold_is_not_forgotten;

-- Another person releases than the one who raised it; the act knows whose hold it is, the database at least that it is not one's own and only one.
alter table casefile_unit add column release_no integer check (release_no > added_no);
comment on column casefile_unit.release_no is 'Number of the entry that approved its release or return; null: none did.';
grant update (release_no) on casefile_unit to niem_app;

-- Whether a casefile of the agency of who raised a hold has decided to release the unit. Tells nothing else, of no casefile.
create function release_decided(wanted uuid, raised_by uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  return exists (
    select from casefile_unit u join casefile_party p using (casefile_id) join person_role r on r.agency_code = p.party_code
    where u.unit_id = wanted and u.release_no is not null and u.dropped_no is null and p.revoked_at is null and r.person_id = raised_by);
end $$;
revoke all on function release_decided(uuid, uuid), refuse_moving_what_is_held(), refuse_forgetting_a_hold() from public;
grant execute on function release_decided(uuid, uuid) to niem_app;

-- The log proves that an entry of a casefile was there, and tells nobody which: its leaf says a hash, under an id of its own. The bytes
-- of the log's entries are served to people who are no party.
create table casefile_leaf (
  leaf_id uuid primary key,
  body bytea not null unique check (octet_length(body) = 58)
);
comment on table casefile_leaf is 'What stands in the log for entries of casefiles: their hashes. Append only; tells neither casefile nor party nor kind.';
comment on column casefile_leaf.leaf_id is 'Random.';
comment on column casefile_leaf.body is 'Canonical list of "niem.casefile-leaf/1" and the hash of the entry (docs/cases.md).';

create function casefile_leaf_of(hash bytea) returns bytea language sql immutable as $$
  select decode('6c027314', 'hex') || convert_to('niem.casefile-leaf/1', 'UTF8') || decode('6220', 'hex') || hash
$$;
create function casefile_leaf_added() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into casefile_leaf (leaf_id, body) values (gen_random_uuid(), casefile_leaf_of(new.hash));
  return null;
end $$;
create trigger casefile_leaf_log after insert on casefile_leaf referencing new table as fresh for each statement execute function log_queue('leaf_id');
alter table casefile_leaf enable always trigger casefile_leaf_log;
insert into casefile_leaf (leaf_id, body) select gen_random_uuid(), casefile_leaf_of(hash) from casefile_entry;
create trigger casefile_entry_leaf after insert on casefile_entry for each row execute function casefile_leaf_added();
alter table casefile_entry enable always trigger casefile_entry_leaf;
create trigger casefile_leaf_append_only before update or delete on casefile_leaf for each row execute function refuse_change();
create trigger casefile_leaf_no_truncate before truncate on casefile_leaf for each statement execute function refuse_change();
alter table casefile_leaf enable always trigger casefile_leaf_append_only;
alter table casefile_leaf enable always trigger casefile_leaf_no_truncate;
revoke all on function casefile_leaf_of(bytea), casefile_leaf_added() from public;
grant select on casefile_leaf to niem_app;
