-- Scans come in flights: the queue of the log holds a row for each flight instead of one for each scan, with the leaf hashes, so that the
-- sequencer need not read the bytes again. One function takes the place of four statements and of the app's right to write here.

alter table log_pending rename to log_pending_single;
create table log_pending (
  pending_no bigint generated always as identity,
  source text not null,
  keys text[] not null collate "C" check (cardinality(keys) > 0),
  leaves bytea not null,
  constraint log_pending_run_pkey primary key (pending_no),
  constraint log_pending_leaf_each check (octet_length(leaves) = 32 * cardinality(keys))
);
comment on table log_pending is 'Entries that wait for their place in the log, in runs that were inserted together. Filled by triggers in the transaction of the entries, emptied by the sequencer.';
comment on column log_pending.pending_no is 'Order in which they were queued. Never a cursor: a row may become visible after a later one.';
comment on column log_pending.source is 'Table of the entries; it has a column body.';
comment on column log_pending.keys is 'Their keys there, as text, in the order in which they go into the log.';
comment on column log_pending.leaves is 'Their leaf hashes one after another: SHA-256 of a zero byte and the body, as it was inserted.';

insert into log_pending (source, keys, leaves)
select p.source, array[p.source_key], sha256('\x00'::bytea || coalesce(c.body, j.body, l.body, r.body)) from log_pending_single p
left join checkpoint c on p.source = 'checkpoint' and c.checkpoint_id::text = p.source_key
left join journal_entry j on p.source = 'journal_entry' and j.entry_no::text = p.source_key
left join casefile_leaf l on p.source = 'casefile_leaf' and l.leaf_id::text = p.source_key
left join log_record r on p.source = 'log_record' and r.record_id::text = p.source_key
order by p.pending_no;
drop table log_pending_single;

create or replace function log_queue() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  execute format($insert$
    insert into log_pending (source, keys, leaves)
    select %L, array_agg(%I::text), string_agg(sha256('\x00'::bytea || body), '') from fresh having count(*) > 0
  $insert$, tg_table_name, tg_argv[0]);
  return null;
end $$;
create or replace function log_queue_checkpoint() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into log_pending (source, keys, leaves)
  select 'checkpoint', array_agg(checkpoint_id::text), string_agg(sha256('\x00'::bytea || body), '') from fresh having count(*) > 0;
  return null;
end $$;

-- What leaves the queue stands in the log: of each run the first and the last, and as many between them.
create or replace function log_dequeue() returns trigger language plpgsql as $$
begin
  if exists (select from gone where not exists (
    select from log_entry f join log_entry l on l.origin = f.origin and l.log_index = f.log_index + cardinality(gone.keys) - 1
    where f.source = gone.source and f.source_key = gone.keys[1] and l.source = gone.source and l.source_key = gone.keys[cardinality(gone.keys)])) then
    raise exception 'an entry may leave the queue only into the log' using errcode = 'NI001';
  end if;
  return null;
end $$;
create trigger log_pending_dequeue after delete on log_pending referencing old table as gone for each statement execute function log_dequeue();
create trigger log_pending_no_change before update on log_pending for each row execute function refuse_change();
create trigger log_pending_no_truncate before truncate on log_pending for each statement execute function refuse_change();
alter table log_pending enable always trigger log_pending_dequeue;
alter table log_pending enable always trigger log_pending_no_change;
alter table log_pending enable always trigger log_pending_no_truncate;

-- Moves runs from the queue to the end of the log and gives their leaf hashes, for the tiles. No row: somebody else is at it, or there is no such log.
-- The runs are locked too: at New Year, or when a lost log is followed by another, two logs may be written to at once, and a run goes into one of them.
create function log_take(of_origin text, entries_max integer, only_key text) returns table (log_size bigint, entries integer, leaf_hashes bytea)
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  select size into log_size from log where origin = of_origin for update skip locked;
  if not found then return; end if;
  with waits as (
    select pending_no, source, keys, leaves, sum(cardinality(keys)) over (order by pending_no) as upto
    from (select * from log_pending where only_key is null or keys = array[only_key] order by pending_no limit entries_max for update) first
  ), taken as (
    select * from waits where upto <= entries_max or upto = cardinality(keys)
  ), put as (
    insert into log_entry (origin, log_index, source, source_key)
    select of_origin, log_size + row_number() over (order by pending_no, place) - 1, source, key from taken, unnest(keys) with ordinality k (key, place)
  ), gone as (
    delete from log_pending where pending_no in (select pending_no from taken)
  )
  select coalesce(sum(cardinality(keys)), 0), coalesce(string_agg(leaves, '' order by pending_no), '') into entries, leaf_hashes from taken;
  return next;
end $$;
revoke all on function log_take(text, integer, text) from public;
grant execute on function log_take(text, integer, text) to niem_app;
grant select on log_pending to niem_app, niem_reader;
revoke insert on log_entry from niem_app;

comment on column log_record.kind is 'log_opened, key_added, key_revoked, device_added, device_revoked or item_heads (docs/ledger.md).';
