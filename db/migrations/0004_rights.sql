-- Rights: the app adds to the ledger and never takes from it; the reader reads. Nobody else may do anything.

-- A temporary table named like one of ours would stand before it on its connection.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
exception when insufficient_privilege then
  raise warning 'not the owner of the database: revoke temporary on it from public by hand';
end $$;

revoke all on schema public from public;
grant usage on schema public to niem_app, niem_reader;

grant select on all tables in schema public to niem_app, niem_reader;
revoke select (pin_hash) on person from niem_reader;
revoke select on person, session, second_confirmation, enrolment_code, label_key, personal from niem_reader;
grant select (person_id, badge, full_name, clearance, clearance_to, kt1_training_to, background_checked_on,
  failed_attempts, locked_until, valid_from, valid_to) on person to niem_reader;

grant insert on checkpoint, refused_claim to niem_app;
grant insert, update on unit, item to niem_app;
grant insert, delete on personal to niem_app;
grant update (serial_next) on number_range to niem_app;
grant insert on device, enrolment_code, shift, session, second_confirmation, label_key to niem_app;
grant update (revoked_at, revoked_by) on device to niem_app;
grant update (used_at) on enrolment_code to niem_app;
grant update (closed_at, closed_by) on shift to niem_app;
grant update (seen_at, ended_at) on session to niem_app;
grant update (used_by_checkpoint_id) on second_confirmation to niem_app;
grant update (failed_attempts, locked_until, pin_hash) on person to niem_app;
grant usage on all sequences in schema public to niem_app;
