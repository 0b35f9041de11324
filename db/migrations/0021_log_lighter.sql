-- A foreign key asks for each of thousands of entries whether their one log is there: that is a tenth of sequencing. The sequencer holds the
-- log's row locked while it adds them, and ledger/verify_log.ts checks.
alter table log_entry drop constraint log_entry_origin_fkey;
comment on column log_entry.origin is 'The log. No foreign key: the sequencer holds its row, and verify_log.ts checks.';

-- Scans come in flights of a few dozen: a statement that is planned anew for each costs as much as the rows it queues. The common function
-- stays for all other sources.
create function log_queue_checkpoint() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into log_pending (source, source_key) select 'checkpoint', checkpoint_id::text from fresh;
  return null;
end $$;
drop trigger checkpoint_log on checkpoint;
create trigger checkpoint_log after insert on checkpoint referencing new table as fresh for each statement execute function log_queue_checkpoint();
alter table checkpoint enable always trigger checkpoint_log;
