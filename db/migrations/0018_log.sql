-- The log: everything that is appended anywhere becomes a leaf of one Merkle tree (RFC 6962) for each operator and year, whose heads are
-- signed by a key that this database does not hold. Whoever appends only queues; the sequencer gives dense numbers afterwards.

create table log (
  origin text primary key check (origin ~ '^[a-z0-9._-]+(/[a-z0-9._-]+)+$' and length(origin) <= 100),
  log_name text not null unique check (log_name ~ '^[a-z0-9._-]{1,40}$'),
  size bigint not null default 0 check (size >= 0),
  opened_at timestamptz not null
);
comment on table log is 'Merkle logs: one for each operator and year, and a further one after a loss.';
comment on column log.origin is 'Name of the log in its signed heads, as niem.example/lang-son/2026.';
comment on column log.log_name is 'Last part of the origin: where it is served, /log/{log_name}/.';
comment on column log.size is 'Entries sequenced; the next one gets this index. Compared and set by the sequencer.';
comment on column log.opened_at is 'When the first pass of the sequencer met it.';

create table log_pending (
  pending_no bigint generated always as identity primary key,
  source text not null,
  source_key text not null collate "C"
);
comment on table log_pending is 'Entries that wait for their place in the log. Filled by triggers in the transaction of the entry, emptied by the sequencer.';
comment on column log_pending.pending_no is 'Order in which they were queued. Never a cursor: a row may become visible after a later one.';
comment on column log_pending.source is 'Table of the entry; it has a column body.';
comment on column log_pending.source_key is 'Its key there, as text.';

create table log_entry (
  origin text not null references log,
  log_index bigint not null check (log_index >= 0),
  source text not null,
  source_key text not null collate "C",
  primary key (origin, log_index),
  unique (source, source_key, origin)
);
comment on table log_entry is 'What stands where in the log. Append only; the bytes themselves stand in the source.';
comment on column log_entry.origin is 'The log.';
comment on column log_entry.log_index is 'Dense number from 0.';
comment on column log_entry.source is 'Table of the entry.';
comment on column log_entry.source_key is 'Its key there, as text. An entry stands once in a log; twice only where a log that was lost is followed by another.';

create table log_tile (
  origin text not null references log,
  level smallint not null check (level between 0 and 63),
  tile_index bigint not null check (tile_index >= 0),
  hashes bytea not null check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  primary key (origin, level, tile_index)
);
comment on table log_tile is 'Tiles of the tree (C2SP tlog-tiles). Grow at their end until they hold 256 hashes, and never otherwise.';
comment on column log_tile.origin is 'The log.';
comment on column log_tile.level is 'Level of the tile: 0 holds leaf hashes, each further one roots of full tiles.';
comment on column log_tile.tile_index is 'Number of the tile within its level.';
comment on column log_tile.hashes is '1 to 256 hashes of 32 bytes.';

create table log_head (
  origin text not null references log,
  size bigint not null check (size > 0),
  note text not null,
  signed_at timestamptz not null,
  cosigned_at timestamptz,
  primary key (origin, size)
);
comment on table log_head is 'Heads of the log as the signer signed them (C2SP tlog-checkpoint).';
comment on column log_head.origin is 'The log.';
comment on column log_head.size is 'Entries the head covers.';
comment on column log_head.note is 'The signed note: text and the signature of the log.';
comment on column log_head.signed_at is 'When it came back from the signer.';
comment on column log_head.cosigned_at is 'When the policy''s quorum of witnesses had cosigned it; null: not yet.';

create table log_cosignature (
  origin text not null,
  size bigint not null,
  witness text not null,
  line text not null check (line like '— %' || chr(10)),
  received_at timestamptz not null,
  primary key (origin, size, witness),
  foreign key (origin, size) references log_head
);
comment on table log_cosignature is 'Cosignatures of witnesses below heads (C2SP tlog-cosignature). Append only.';
comment on column log_cosignature.origin is 'The log.';
comment on column log_cosignature.size is 'The head.';
comment on column log_cosignature.witness is 'Name of the witness''s key.';
comment on column log_cosignature.line is 'The signature line.';
comment on column log_cosignature.received_at is 'When it came.';

create table log_record (
  record_id uuid primary key,
  kind text not null check (kind ~ '^[a-z_]{2,40}$'),
  at timestamptz not null,
  body bytea not null check (octet_length(body) <= 65535)
);
comment on table log_record is 'What the log says about itself: its opening, keys that sign or no longer do, daily snapshots. Append only.';
comment on column log_record.record_id is 'UUIDv7.';
comment on column log_record.kind is 'log_opened, key_added, key_revoked or item_heads (docs/ledger.md).';
comment on column log_record.at is 'Server time, milliseconds.';
comment on column log_record.body is 'The canonical bytes (docs/ledger.md). The other columns only repeat them.';

create table log_alarm (
  alarm_id bigint generated always as identity primary key,
  alarm text not null check (alarm in ('head_refused', 'signer_silent', 'witness_refused', 'promise_broken')),
  subject text not null,
  raised_at timestamptz not null,
  ended_at timestamptz,
  constraint alarm_ends_after_it_began check (ended_at >= raised_at)
);
create unique index one_open_alarm on log_alarm (alarm, subject) where ended_at is null;
comment on table log_alarm is 'What went wrong with the proof: a head refused by signer or witness, a signer that does not answer, a promise that was not kept.';
comment on column log_alarm.alarm_id is 'Key.';
comment on column log_alarm.alarm is 'What.';
comment on column log_alarm.subject is 'Of which log, witness or entry.';
comment on column log_alarm.raised_at is 'When it was first noticed.';
comment on column log_alarm.ended_at is 'When it was over; null: still is.';

-- One function for all sources: the table's name and the column of its key. Security definer, so that the app can queue nothing else.
create function log_queue() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  execute format('insert into log_pending (source, source_key) select %L, %I::text from fresh', tg_table_name, tg_argv[0]);
  return null;
end $$;
create trigger checkpoint_log after insert on checkpoint referencing new table as fresh for each statement execute function log_queue('checkpoint_id');
create trigger journal_entry_log after insert on journal_entry referencing new table as fresh for each statement execute function log_queue('entry_no');
create trigger log_record_log after insert on log_record referencing new table as fresh for each statement execute function log_queue('record_id');
alter table checkpoint enable always trigger checkpoint_log;
alter table journal_entry enable always trigger journal_entry_log;
alter table log_record enable always trigger log_record_log;

-- What leaves the queue stands in the log.
create function log_dequeue() returns trigger language plpgsql as $$
begin
  if exists (select from gone where not exists (select from log_entry e where e.source = gone.source and e.source_key = gone.source_key)) then
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

create function log_only_grows() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or new.origin <> old.origin or new.size <= old.size or new.log_name <> old.log_name or new.opened_at <> old.opened_at
    or not exists (select from log_entry where origin = new.origin and log_index = new.size - 1)
    or exists (select from log_entry where origin = new.origin and log_index = new.size) then
    raise exception 'a log only grows, by the entries that stand in it' using errcode = 'NI001';
  end if;
  return new;
end $$;
create trigger log_only_grows before update or delete on log for each row execute function log_only_grows();
create function log_tile_only_grows() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or (new.origin, new.level, new.tile_index) is distinct from (old.origin, old.level, old.tile_index)
    or octet_length(new.hashes) <= octet_length(old.hashes) or substr(new.hashes, 1, octet_length(old.hashes)) <> old.hashes then
    raise exception 'a tile only grows at its end' using errcode = 'NI001';
  end if;
  return new;
end $$;
create trigger log_tile_only_grows before update or delete on log_tile for each row execute function log_tile_only_grows();
create function log_head_only_cosigned() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' or old.cosigned_at is not null or (new.origin, new.size, new.note, new.signed_at) is distinct from (old.origin, old.size, old.note, old.signed_at) then
    raise exception 'a head is signed once' using errcode = 'NI001';
  end if;
  return new;
end $$;
create trigger log_head_only_cosigned before update or delete on log_head for each row execute function log_head_only_cosigned();
create trigger log_entry_append_only before update or delete on log_entry for each row execute function refuse_change();
create trigger log_cosignature_append_only before update or delete on log_cosignature for each row execute function refuse_change();
create trigger log_record_append_only before update or delete on log_record for each row execute function refuse_change();
alter table log enable always trigger log_only_grows;
alter table log_tile enable always trigger log_tile_only_grows;
alter table log_head enable always trigger log_head_only_cosigned;
alter table log_entry enable always trigger log_entry_append_only;
alter table log_cosignature enable always trigger log_cosignature_append_only;
alter table log_record enable always trigger log_record_append_only;
do $$
declare name text;
begin
  foreach name in array array['log', 'log_tile', 'log_head', 'log_entry', 'log_cosignature', 'log_record'] loop
    execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()', name || '_no_truncate', name);
    execute format('alter table %I enable always trigger %I', name, name || '_no_truncate');
  end loop;
end $$;

-- What was appended before there was a log goes into it, in its order.
insert into log_pending (source, source_key) select 'checkpoint', checkpoint_id::text from checkpoint order by received_at, unit_id, unit_seq;
insert into log_pending (source, source_key) select 'journal_entry', entry_no::text from journal_entry order by entry_no;

grant select on log, log_pending, log_entry, log_tile, log_head, log_cosignature, log_record, log_alarm to niem_app, niem_reader;
grant insert (origin, log_name, opened_at), update (size) on log to niem_app;
grant delete on log_pending to niem_app;
grant insert on log_entry, log_cosignature, log_record to niem_app;
grant insert, update (hashes) on log_tile to niem_app;
grant insert, update (cosigned_at) on log_head to niem_app;
grant insert, update (ended_at) on log_alarm to niem_app;
