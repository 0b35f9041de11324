-- Places, law and people: reference data as dated rows. A row holds from valid_from (inclusive) to valid_to (exclusive).
-- What the law does not tell us stays null and is shown as such.

create extension if not exists btree_gist;

do $$
declare name text;
begin
  foreach name in array array['niem_owner', 'niem_migrator', 'niem_app', 'niem_reader'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I nologin', name);
    end if;
  end loop;
exception when duplicate_object or unique_violation then null;
end $$;

create table legal_act (
  act_code text primary key check (act_code ~ '^[a-z0-9_]{2,40}$'),
  number text,
  title_vi text not null,
  title_en text not null,
  in_force_from date,
  in_force_to date,
  status text not null check (status in ('in_force', 'replaced', 'check', 'historic')),
  citation text not null,
  note text
);
comment on table legal_act is 'Laws, decrees, circulars and directives that rules and limits rest on.';
comment on column legal_act.act_code is 'Our own short code of the act.';
comment on column legal_act.number is 'Official number and symbol; null where it is not known to us.';
comment on column legal_act.title_vi is 'Title or subject in Vietnamese.';
comment on column legal_act.title_en is 'Title or subject in English.';
comment on column legal_act.in_force_from is 'First day in force; null where not known.';
comment on column legal_act.in_force_to is 'First day no longer in force; null while in force or not known.';
comment on column legal_act.status is 'in_force, replaced, historic, or check: to be confirmed by a person with the text.';
comment on column legal_act.citation is 'Where this row was read.';
comment on column legal_act.note is 'Remark for people.';

create table time_limit (
  limit_code text not null check (limit_code ~ '^TL[0-9]{2}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  subject_vi text not null,
  subject_en text not null,
  trigger_event text not null,
  duration text check (duration ~ '^P'),
  amount integer,
  basis text check (basis in ('calendar', 'working_day', 'clock')),
  bound text check (bound in ('min', 'max')),
  act_code text references legal_act,
  citation text not null,
  status text not null check (status in ('seen', 'partly_seen', 'unknown', 'operator_rule', 'superseded_check')),
  primary key (limit_code, valid_from),
  exclude using gist (limit_code with =, daterange(valid_from, valid_to) with &&),
  constraint unknown_limit_has_no_figure check (status <> 'unknown' or (duration is null and amount is null))
);
comment on table time_limit is 'Time limits and counts set by law or operator rule; an unknown figure is null and never alarms.';
comment on column time_limit.limit_code is 'TLnn, our number of the limit.';
comment on column time_limit.valid_from is 'First day this row holds.';
comment on column time_limit.valid_to is 'First day it no longer holds; null: open.';
comment on column time_limit.subject_vi is 'What is limited, in Vietnamese.';
comment on column time_limit.subject_en is 'What is limited, in English.';
comment on column time_limit.trigger_event is 'From which event to which event the limit runs.';
comment on column time_limit.duration is 'ISO 8601 duration; null: no figure known or not a duration.';
comment on column time_limit.amount is 'Count, where the limit is a count; null otherwise.';
comment on column time_limit.basis is 'calendar, working_day or clock time.';
comment on column time_limit.bound is 'Whether the figure is the least or the most allowed; null: a window or moment.';
comment on column time_limit.act_code is 'The act it rests on.';
comment on column time_limit.citation is 'Where this row was read.';
comment on column time_limit.status is 'seen, partly_seen, unknown, operator_rule or superseded_check.';

create table administrative_unit (
  unit_code text not null check (unit_code ~ '^[A-Z0-9_]{2,24}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  name_vi text not null,
  unit_level text not null check (unit_level in ('country', 'province', 'district', 'commune')),
  parent_code text,
  primary key (unit_code, valid_from),
  exclude using gist (unit_code with =, daterange(valid_from, valid_to) with &&)
);
comment on table administrative_unit is 'Provinces, communes and the districts that ended in 2025; dated, never computed from digits.';
comment on column administrative_unit.unit_code is 'Our code of the unit.';
comment on column administrative_unit.valid_from is 'First day this row holds.';
comment on column administrative_unit.valid_to is 'First day it no longer holds; null: open.';
comment on column administrative_unit.name_vi is 'Name.';
comment on column administrative_unit.unit_level is 'country, province, district (historic) or commune.';
comment on column administrative_unit.parent_code is 'Code of the unit above.';

create table office (
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  name_vi text not null,
  office_level text not null check (office_level in ('central', 'province', 'centre', 'office', 'commune_point')),
  parent_code text check (parent_code ~ '^[0-9A-Z]{6}$'),
  unit_code text not null,
  postal_code text check (postal_code ~ '^[0-9]{5}$'),
  address text not null,
  always_open boolean not null,
  kt1_point boolean not null,
  primary key (office_code, valid_from),
  exclude using gist (office_code with =, daterange(valid_from, valid_to) with &&)
);
comment on table office is 'Post offices, sorting centres and points.';
comment on column office.office_code is 'Mã bưu cục: 6 characters. Not the 5-digit postal code.';
comment on column office.valid_from is 'First day this row holds.';
comment on column office.valid_to is 'First day it no longer holds; null: open.';
comment on column office.name_vi is 'Name.';
comment on column office.office_level is 'central, province, centre (processing and transport), office, commune_point.';
comment on column office.parent_code is 'Office above.';
comment on column office.unit_code is 'Administrative unit it lies in.';
comment on column office.postal_code is 'Mã bưu chính of its address: 5 digits.';
comment on column office.address is 'Address line.';
comment on column office.always_open is 'Open 24/7, holidays and Tết included.';
comment on column office.kt1_point is 'Serves KT1.';

create table postal_code (
  postal_code text not null check (postal_code ~ '^[0-9]{5}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  object_name text not null,
  object_kind text not null check (object_kind in ('commune', 'office', 'kt1_point', 'kt1_body')),
  unit_code text not null,
  primary key (postal_code, valid_from),
  exclude using gist (postal_code with =, daterange(valid_from, valid_to) with &&)
);
comment on table postal_code is 'National postal codes: communes, offices, KT1 points and KT1-served bodies have their own.';
comment on column postal_code.postal_code is '5 digits.';
comment on column postal_code.valid_from is 'First day this row holds.';
comment on column postal_code.valid_to is 'First day it no longer holds; null: open.';
comment on column postal_code.object_name is 'What the code stands for.';
comment on column postal_code.object_kind is 'commune, office, kt1_point or kt1_body.';
comment on column postal_code.unit_code is 'Administrative unit.';

create table served_body (
  body_code text not null check (body_code ~ '^[A-Z0-9-]{3,20}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  name_vi text not null,
  body_kind text not null check (body_kind in ('party', 'state', 'front', 'socio_political', 'state_enterprise')),
  focal_unit text not null,
  guard_on_request boolean not null,
  primary key (body_code, valid_from),
  exclude using gist (body_code with =, daterange(valid_from, valid_to) with &&)
);
comment on table served_body is 'Bodies that the KT1 network serves.';
comment on column served_body.body_code is 'Our code of the body.';
comment on column served_body.valid_from is 'First day this row holds.';
comment on column served_body.valid_to is 'First day it no longer holds; null: open.';
comment on column served_body.name_vi is 'Name.';
comment on column served_body.body_kind is 'party, state, front, socio_political or state_enterprise.';
comment on column served_body.focal_unit is 'Đơn vị đầu mối: the unit of the body that sends and receives.';
comment on column served_body.guard_on_request is 'One of the four central offices that may ask for a guard force.';

create table served_address (
  body_code text not null,
  address_no smallint not null check (address_no between 1 and 9),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  address text not null,
  postal_code text check (postal_code ~ '^[0-9]{5}$'),
  delivery_office_code text not null check (delivery_office_code ~ '^[0-9A-Z]{6}$'),
  primary key (body_code, address_no, valid_from),
  exclude using gist (body_code with =, address_no with =, daterange(valid_from, valid_to) with &&)
);
comment on table served_address is 'Registered KT1 addresses of a body; the cap is time_limit TL26.';
comment on column served_address.body_code is 'The body.';
comment on column served_address.address_no is 'Running number within the body.';
comment on column served_address.valid_from is 'First day this row holds.';
comment on column served_address.valid_to is 'First day it no longer holds; null: open.';
comment on column served_address.address is 'Address line.';
comment on column served_address.postal_code is '5 digits; null where not known.';
comment on column served_address.delivery_office_code is 'Office that delivers there.';

create table authorised_person (
  card_no text not null check (card_no ~ '^[A-Z0-9-]{4,24}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  body_code text not null,
  full_name text not null,
  may_send boolean not null,
  may_receive boolean not null,
  primary key (card_no, valid_from),
  exclude using gist (card_no with =, daterange(valid_from, valid_to) with &&)
);
comment on table authorised_person is 'Staff of a served body who may hand in or receive its KT1 items.';
comment on column authorised_person.card_no is 'Number of the card they show.';
comment on column authorised_person.valid_from is 'First day this row holds.';
comment on column authorised_person.valid_to is 'First day it no longer holds; null: open.';
comment on column authorised_person.body_code is 'The body.';
comment on column authorised_person.full_name is 'Name.';
comment on column authorised_person.may_send is 'May hand in.';
comment on column authorised_person.may_receive is 'May receive.';

create table agency (
  agency_code text not null check (agency_code ~ '^[A-Z0-9-]{2,20}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  name_vi text not null,
  agency_kind text not null check (agency_kind in
    ('police', 'customs', 'market_surveillance', 'border_guard', 'department', 'steering_committee', 'central_post')),
  unit_code text not null,
  primary key (agency_code, valid_from),
  exclude using gist (agency_code with =, daterange(valid_from, valid_to) with &&)
);
comment on table agency is 'Authorities that handle suspicious items jointly with the post.';
comment on column agency.agency_code is 'Our code of the agency.';
comment on column agency.valid_from is 'First day this row holds.';
comment on column agency.valid_to is 'First day it no longer holds; null: open.';
comment on column agency.name_vi is 'Name.';
comment on column agency.agency_kind is 'Kind of authority.';
comment on column agency.unit_code is 'Administrative unit it is competent for.';

create table reason (
  reason_list text not null check (reason_list in
    ('acceptance_refusal', 'approval_refusal', 'sender_override', 'discrepancy', 'non_delivery', 'hold', 'incident',
     'correction', 'damage', 'seal', 'force_close', 'reprint')),
  reason_code text not null check (reason_code ~ '^[a-z0-9_]{2,40}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  name_vi text not null,
  name_en text not null,
  evidence text[] not null default '{}',
  upu_code text,
  primary key (reason_list, reason_code, valid_from),
  exclude using gist (reason_list with =, reason_code with =, daterange(valid_from, valid_to) with &&)
);
comment on table reason is 'Coded, bilingual reasons; free text stands nowhere on the road of a secret.';
comment on column reason.reason_list is 'Which list the code belongs to.';
comment on column reason.reason_code is 'The code.';
comment on column reason.valid_from is 'First day this row holds.';
comment on column reason.valid_to is 'First day it no longer holds; null: open.';
comment on column reason.name_vi is 'Words in Vietnamese.';
comment on column reason.name_en is 'Words in English.';
comment on column reason.evidence is 'Kinds of evidence that this reason needs: call, photo, position, witness, paper.';
comment on column reason.upu_code is 'UPU code; null: the list is for members only and not loaded.';

create table number_pattern (
  pattern_code text not null check (pattern_code ~ '^[a-z0-9_]{2,30}$'),
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  unit_kind text not null check (unit_kind in ('item', 'bag')),
  pattern text not null,
  check_rule text not null check (check_rule in ('s10', 'none')),
  name_vi text not null,
  name_en text not null,
  primary key (pattern_code, valid_from),
  exclude using gist (pattern_code with =, daterange(valid_from, valid_to) with &&)
);
comment on table number_pattern is 'Which numbers are numbers at all. A valid check digit is not a valid number.';
comment on column number_pattern.pattern_code is 'Our code of the pattern.';
comment on column number_pattern.valid_from is 'First day this row holds.';
comment on column number_pattern.valid_to is 'First day it no longer holds; null: open.';
comment on column number_pattern.unit_kind is 'item or bag.';
comment on column number_pattern.pattern is 'Regular expression over the whole number.';
comment on column number_pattern.check_rule is 's10: UPU S10 check digit; none.';
comment on column number_pattern.name_vi is 'Words in Vietnamese.';
comment on column number_pattern.name_en is 'Words in English.';

create table number_range (
  range_id integer generated always as identity primary key,
  range_kind text not null check (range_kind in ('assigned', 'preprinted', 'slip')),
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  service_class text check (service_class in ('kt1', 'letter', 'parcel', 'printed_matter')),
  prefix text not null,
  suffix text not null,
  check_rule text not null check (check_rule in ('s10', 'none')),
  serial_width smallint not null check (serial_width between 4 and 9),
  serial_from integer not null,
  serial_to integer not null check (serial_to >= serial_from),
  serial_next integer not null,
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  constraint next_serial_within_range check (serial_next between serial_from and serial_to + 1),
  constraint no_number_in_two_ranges
    exclude using gist (prefix with =, suffix with =, int4range(serial_from, serial_to, '[]') with &&)
);
comment on table number_range is 'Numbers allocated to offices: assigned by the system, pre-printed on labels, or for refusal slips.';
comment on column number_range.range_id is 'Key.';
comment on column number_range.range_kind is 'assigned: the next is given out here; preprinted: scanned from a label; slip: refusal slips.';
comment on column number_range.office_code is 'Office it is allocated to.';
comment on column number_range.service_class is 'Service it may be used for; null for slips.';
comment on column number_range.prefix is 'Text before the serial.';
comment on column number_range.suffix is 'Text after the serial and check digit.';
comment on column number_range.check_rule is 's10: a check digit follows the serial; none.';
comment on column number_range.serial_width is 'Digits of the serial, zero-filled.';
comment on column number_range.serial_from is 'First serial.';
comment on column number_range.serial_to is 'Last serial.';
comment on column number_range.serial_next is 'Next serial to give out; serial_to + 1: exhausted.';
comment on column number_range.valid_from is 'First day it may be used.';
comment on column number_range.valid_to is 'First day it may no longer be used; null: open.';

create table person (
  person_id uuid primary key,
  badge text not null unique check (badge ~ '^[A-Z0-9]{4,16}$'),
  full_name text not null,
  clearance text not null default 'NONE' check (clearance in ('NONE', 'C', 'B', 'A')),
  clearance_to date,
  kt1_training_to date,
  background_checked_on date,
  pin_hash text,
  failed_attempts smallint not null default 0,
  locked_until timestamptz,
  valid_from date not null,
  valid_to date check (valid_to > valid_from)
);
comment on table person is 'Staff of the post and of the agencies.';
comment on column person.person_id is 'UUIDv7.';
comment on column person.badge is 'Number on the badge; it names the person and is no secret.';
comment on column person.full_name is 'Name.';
comment on column person.clearance is 'Highest outer mark the person may handle: A over B over C.';
comment on column person.clearance_to is 'First day the clearance no longer holds; null with clearance NONE.';
comment on column person.kt1_training_to is 'First day the KT1 training no longer holds; null: none.';
comment on column person.background_checked_on is 'Day of the last background check; null: none.';
comment on column person.pin_hash is 'scrypt of the PIN with its parameters; null: cannot sign in by PIN.';
comment on column person.failed_attempts is 'Wrong PINs in a row.';
comment on column person.locked_until is 'Sign-in refused until then; null: not locked.';
comment on column person.valid_from is 'First day of service.';
comment on column person.valid_to is 'First day no longer in service; null: open.';

create table person_role (
  person_id uuid not null references person,
  role text not null check (role in
    ('clerk', 'sorter', 'controller', 'driver', 'courier', 'shift_head', 'duty_officer', 'leader', 'liaison', 'inspector', 'admin')),
  office_code text check (office_code ~ '^[0-9A-Z]{6}$'),
  agency_code text,
  valid_from date not null,
  valid_to date check (valid_to > valid_from),
  constraint role_is_held_somewhere check (num_nonnulls(office_code, agency_code) = 1),
  exclude using gist (person_id with =, role with =, coalesce(office_code, agency_code) with =,
    daterange(valid_from, valid_to) with &&)
);
create index person_role_person on person_role (person_id);
comment on table person_role is 'Which role a person holds, where and when. What a role may do is src/domain/role.ts.';
comment on column person_role.person_id is 'The person.';
comment on column person_role.role is 'The role.';
comment on column person_role.office_code is 'Office where it is held; null for agency roles.';
comment on column person_role.agency_code is 'Agency where it is held; null for postal roles.';
comment on column person_role.valid_from is 'First day this row holds.';
comment on column person_role.valid_to is 'First day it no longer holds; null: open.';

create table device (
  device_id uuid primary key,
  name text not null,
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  public_key bytea not null unique check (octet_length(public_key) = 32),
  enrolled_at timestamptz not null,
  enrolled_by uuid not null references person,
  revoked_at timestamptz,
  revoked_by uuid references person,
  constraint revocation_has_a_person check ((revoked_at is null) = (revoked_by is null))
);
comment on table device is 'Enrolled scanners, counters and phones, each with a key that never leaves it.';
comment on column device.device_id is 'UUIDv7.';
comment on column device.name is 'What people call it.';
comment on column device.office_code is 'Office it belongs to.';
comment on column device.public_key is 'Ed25519 public key, 32 bytes; low-order and non-canonical points are refused at enrolment.';
comment on column device.enrolled_at is 'When enrolled.';
comment on column device.enrolled_by is 'Administrator who made the enrolment code.';
comment on column device.revoked_at is 'When revoked or reported lost; null: in use.';
comment on column device.revoked_by is 'Who revoked it.';

create table enrolment_code (
  code_hash bytea primary key,
  office_code text not null,
  created_by uuid not null references person,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
comment on table enrolment_code is 'One-time codes by which a device is enrolled.';
comment on column enrolment_code.code_hash is 'SHA-256 of the code.';
comment on column enrolment_code.office_code is 'Office the device will belong to.';
comment on column enrolment_code.created_by is 'Administrator.';
comment on column enrolment_code.created_at is 'When made.';
comment on column enrolment_code.expires_at is 'Not usable from then on.';
comment on column enrolment_code.used_at is 'When used; null: not yet.';

create table shift (
  shift_id uuid primary key,
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  opened_at timestamptz not null,
  opened_by uuid not null references person,
  closed_at timestamptz,
  closed_by uuid references person,
  constraint closing_has_a_person check ((closed_at is null) = (closed_by is null))
);
create unique index one_open_shift_per_office on shift (office_code) where closed_at is null;
comment on table shift is 'Working shifts of an office.';
comment on column shift.shift_id is 'UUIDv7.';
comment on column shift.office_code is 'Office.';
comment on column shift.opened_at is 'When opened.';
comment on column shift.opened_by is 'Shift head who opened it.';
comment on column shift.closed_at is 'When closed; null: open.';
comment on column shift.closed_by is 'Shift head who closed it.';

create table session (
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  person_id uuid not null references person,
  office_code text,
  agency_code text,
  device_id uuid references device,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  seen_at timestamptz not null,
  ended_at timestamptz,
  constraint session_is_somewhere check (num_nonnulls(office_code, agency_code) = 1)
);
comment on table session is 'Signed-in sessions; the token itself is never stored.';
comment on column session.token_hash is 'SHA-256 of the opaque token.';
comment on column session.person_id is 'Who.';
comment on column session.office_code is 'At which office; null for agency staff.';
comment on column session.agency_code is 'At which agency; null for postal staff.';
comment on column session.device_id is 'On which enrolled device; null: none.';
comment on column session.created_at is 'Signed in.';
comment on column session.expires_at is 'Over from then on.';
comment on column session.seen_at is 'Last request, to within half a minute; the idle lock counts from it.';
comment on column session.ended_at is 'Signed out or revoked; null: alive.';

create table second_confirmation (
  confirmation_hash bytea primary key check (octet_length(confirmation_hash) = 32),
  session_hash bytea not null references session,
  person_id uuid not null references person,
  permission text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_by_checkpoint_id uuid
);
comment on table second_confirmation is 'A second person confirmed, by badge and PIN, one step of somebody else''s session.';
comment on column second_confirmation.confirmation_hash is 'SHA-256 of the one-time confirmation.';
comment on column second_confirmation.session_hash is 'Session it is good for.';
comment on column second_confirmation.person_id is 'The second person.';
comment on column second_confirmation.permission is 'The one permission it stands for.';
comment on column second_confirmation.created_at is 'When confirmed.';
comment on column second_confirmation.expires_at is 'Not usable from then on.';
comment on column second_confirmation.used_by_checkpoint_id is 'Checkpoint that used it; null: not yet.';
