-- Look-ups are counted by person and by agency or office, so that nobody walks through the register of items unseen.

alter table read_log add column party_code text check (party_code ~ '^[A-Z0-9-]{2,20}$');
comment on column read_log.party_code is 'For which agency or office; null: noted by a function that does not say.';
comment on column read_log.rows_read is 'How many rows were told; 0: there was nothing, or nothing for the one who asked.';
comment on column read_log.subject is 'What kind of thing: item (looked up by its number), marked (an answer that told marks A, B or C), watch_entry, watch_hit, legal_basis, notice …';
create index read_log_person on read_log (person_id, read_at);
create index read_log_look_ups on read_log (party_code, read_at) where subject = 'item';
