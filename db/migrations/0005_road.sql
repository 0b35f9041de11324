-- The road: trips, bags and what is in them, seals, bag openings and their counts, discrepancies between offices, handovers.

alter table unit drop constraint unit_custodian_kind_check;
alter table unit add constraint unit_custodian_kind_check
  check (custodian_kind in ('person', 'courier', 'vehicle', 'bag', 'agency', 'addressee', 'sender', 'nobody'));

create table trip (
  trip_id uuid primary key,
  from_office_code text not null check (from_office_code ~ '^[0-9A-Z]{6}$'),
  to_office_code text not null check (to_office_code ~ '^[0-9A-Z]{6}$'),
  mail text not null check (mail in ('kt1', 'ordinary')),
  trip_year smallint not null check (trip_year between 2000 and 2999),
  trip_no smallint not null check (trip_no between 1 and 9999),
  route_level smallint not null check (route_level between 1 and 3),
  state text not null check (state in ('open', 'departed', 'arrived')),
  vehicle_no text check (vehicle_no ~ '^[0-9A-Z.-]{4,15}$'),
  vehicle_dedicated boolean,
  driver_person_id uuid references person,
  escort_person_id uuid references person,
  guard_requested boolean not null,
  guard_present boolean,
  planned_departure_at timestamptz,
  next_serial smallint not null default 1 check (next_serial between 1 and 1000),
  opened_at timestamptz not null,
  opened_by uuid not null references person,
  departed_at timestamptz,
  departed_by uuid references person,
  arrived_at timestamptz,
  arrived_by uuid references person,
  unique (from_office_code, to_office_code, mail, trip_year, trip_no),
  constraint trip_goes_somewhere_else check (from_office_code <> to_office_code),
  constraint kt1_rides_dedicated_or_escorted check (mail <> 'kt1' or state = 'open' or vehicle_dedicated or escort_person_id is not null),
  constraint guard_request_is_honoured check (state = 'open' or not guard_requested or guard_present)
);
comment on table trip is 'Chuyến thư: dispatches, numbered for each direction, service and year without gaps.';
comment on column trip.trip_id is 'UUIDv7.';
comment on column trip.from_office_code is 'Office that makes it up.';
comment on column trip.to_office_code is 'Office that receives it.';
comment on column trip.mail is 'kt1 or ordinary: never mixed.';
comment on column trip.trip_year is 'Civil year in Việt Nam.';
comment on column trip.trip_no is 'Running number, from 1.';
comment on column trip.route_level is 'Đường thư cấp 1 (between provinces), 2 (province to office) or 3 (commune, delivery).';
comment on column trip.state is 'open, departed or arrived.';
comment on column trip.vehicle_no is 'Vehicle; null until departure.';
comment on column trip.vehicle_dedicated is 'Dedicated vehicle; otherwise KT1 needs an escort for the whole trip.';
comment on column trip.driver_person_id is 'Driver.';
comment on column trip.escort_person_id is 'Escort; null: none.';
comment on column trip.guard_requested is 'A body entitled to it asked for a guard force.';
comment on column trip.guard_present is 'Guard force present at departure.';
comment on column trip.planned_departure_at is 'Planned departure; null: not planned.';
comment on column trip.next_serial is 'Serial of the next bag.';
comment on column trip.opened_at is 'When the number was taken.';
comment on column trip.opened_by is 'Who took it.';
comment on column trip.departed_at is 'Departure.';
comment on column trip.departed_by is 'Who dispatched it.';
comment on column trip.arrived_at is 'Arrival.';
comment on column trip.arrived_by is 'Who received it.';

create table trip_series (
  from_office_code text not null,
  to_office_code text not null,
  mail text not null,
  trip_year smallint not null,
  next_no smallint not null,
  primary key (from_office_code, to_office_code, mail, trip_year)
);
comment on table trip_series is 'Next trip number of each direction, service and year; its row lock keeps the numbers without gaps.';
comment on column trip_series.from_office_code is 'From.';
comment on column trip_series.to_office_code is 'To.';
comment on column trip_series.mail is 'kt1 or ordinary.';
comment on column trip_series.trip_year is 'Year.';
comment on column trip_series.next_no is 'Next number.';

create table bag (
  unit_id uuid primary key references unit,
  trip_id uuid not null references trip,
  serial smallint not null check (serial between 1 and 999),
  mail text not null check (mail in ('kt1', 'ordinary')),
  origin_office_code text not null,
  destination_office_code text not null,
  manifest_bag boolean not null,
  last_of_trip boolean,
  item_count integer check (item_count between 0 and 1000),
  marked_count integer check (marked_count between 0 and 1000),
  net_g integer,
  gross_g integer,
  tare_g integer,
  seal_nos text[],
  manifest_digest bytea check (octet_length(manifest_digest) = 32),
  unique (trip_id, serial)
);
create index bag_trip on bag (trip_id);
comment on table bag is 'Particulars of a bag: the fold of its checkpoints, like item.';
comment on column bag.unit_id is 'The unit.';
comment on column bag.trip_id is 'Trip it belongs to.';
comment on column bag.serial is 'Contiguous from 1 within the trip: a missing bag shows from the labels alone.';
comment on column bag.mail is 'kt1 or ordinary.';
comment on column bag.origin_office_code is 'Office that made it up.';
comment on column bag.destination_office_code is 'Office that opens it.';
comment on column bag.manifest_bag is 'Túi F: carries the manifest of the trip; exactly one.';
comment on column bag.last_of_trip is 'Highest serial of the trip; null until sealed.';
comment on column bag.item_count is 'Items inside at sealing; null until sealed.';
comment on column bag.marked_count is 'Items marked A or B inside at sealing: such bags need two persons.';
comment on column bag.net_g is 'Sum of the items'' weights at sealing.';
comment on column bag.gross_g is 'Weight on the scale at sealing.';
comment on column bag.tare_g is 'Weight of the empty bag.';
comment on column bag.seal_nos is 'Seals applied last.';
comment on column bag.manifest_digest is 'SHA-256 of the manifest''s canonical bytes at sealing.';

create table containment (
  item_id uuid not null references unit,
  item_seq_in integer not null,
  bag_id uuid not null references unit,
  put_in_at timestamptz not null,
  item_seq_out integer,
  taken_out_at timestamptz,
  primary key (item_id, item_seq_in),
  constraint out_has_a_time check ((item_seq_out is null) = (taken_out_at is null))
);
create unique index item_in_one_bag on containment (item_id) where item_seq_out is null;
create index containment_bag on containment (bag_id);
comment on table containment is 'Which item was in which bag from when to when. An item''s history is its own checkpoints plus those of the bags that held it.';
comment on column containment.item_id is 'The item.';
comment on column containment.item_seq_in is 'Its checkpoint that put it in.';
comment on column containment.bag_id is 'The bag.';
comment on column containment.put_in_at is 'Server time of that checkpoint.';
comment on column containment.item_seq_out is 'Its checkpoint that took it out; null: inside.';
comment on column containment.taken_out_at is 'Server time of that checkpoint.';

create table seal (
  seal_no text primary key check (seal_no ~ '^[A-Z0-9-]{3,24}$'),
  office_code text not null,
  state text not null check (state in ('issued', 'applied', 'broken', 'void')),
  issued_at timestamptz not null,
  issued_by uuid not null references person,
  bag_id uuid references unit,
  applied_at timestamptz,
  ended_at timestamptz,
  constraint applied_seal_is_on_a_bag check ((state in ('applied', 'broken')) = (bag_id is not null))
);
create index seal_bag on seal (bag_id);
comment on table seal is 'Seal register: each number once, from issue to breaking.';
comment on column seal.seal_no is 'Number on the seal.';
comment on column seal.office_code is 'Office it was issued to.';
comment on column seal.state is 'issued, applied, broken or void.';
comment on column seal.issued_at is 'When issued.';
comment on column seal.issued_by is 'By whom.';
comment on column seal.bag_id is 'Bag it was applied to.';
comment on column seal.applied_at is 'When applied.';
comment on column seal.ended_at is 'When broken or voided.';

create table opening (
  opening_id uuid primary key,
  bag_id uuid not null references unit,
  office_code text not null,
  opened_at timestamptz not null,
  opened_by uuid not null references person,
  witness_person_id uuid references person,
  blind boolean not null,
  seals_entered text[] not null,
  seals_expected text[] not null,
  gross_found_g integer,
  expected_digest bytea not null check (octet_length(expected_digest) = 32),
  state text not null check (state in ('counting', 'closed')),
  closed_at timestamptz,
  closed_by uuid references person,
  forced_reason_code text
);
create unique index bag_is_opened_once_at_a_time on opening (bag_id) where state = 'counting';
comment on table opening is 'Opening of a bag: a ceremony and a count against the frozen list.';
comment on column opening.opening_id is 'UUIDv7.';
comment on column opening.bag_id is 'The bag.';
comment on column opening.office_code is 'Where.';
comment on column opening.opened_at is 'When.';
comment on column opening.opened_by is 'By whom.';
comment on column opening.witness_person_id is 'Second person; always for bags with A or B.';
comment on column opening.blind is 'The counters do not see what is expected.';
comment on column opening.seals_entered is 'Seal numbers as read, entered before the expected ones were shown.';
comment on column opening.seals_expected is 'Seal numbers of the register.';
comment on column opening.gross_found_g is 'Weight on the scale before opening; null: not weighed.';
comment on column opening.expected_digest is 'SHA-256 of the frozen list.';
comment on column opening.state is 'counting or closed.';
comment on column opening.closed_at is 'When closed.';
comment on column opening.closed_by is 'By whom.';
comment on column opening.forced_reason_code is 'Reason of a close with open differences by a controller; null: none.';

create table count_line (
  opening_id uuid not null references opening,
  code text not null,
  item_id uuid not null references unit,
  weight_g integer not null,
  expected boolean not null,
  result text check (result in ('matched', 'surplus', 'mis_sent', 'other_bag', 'held', 'damaged', 'weight_mismatch', 'missing')),
  lane text check (lane ~ '^[A-Z]$'),
  counted_by uuid references person,
  counted_at timestamptz,
  checkpoint_id uuid,
  duplicates integer not null default 0,
  primary key (opening_id, code)
);
create index count_line_open on count_line (opening_id) where result is null;
comment on table count_line is 'Expected list of an opening, frozen, and what was found: one line a number.';
comment on column count_line.opening_id is 'The opening.';
comment on column count_line.code is 'Number.';
comment on column count_line.item_id is 'The item.';
comment on column count_line.weight_g is 'Weight that the manifest says; for surplus, weight known or found.';
comment on column count_line.expected is 'Stood on the frozen list.';
comment on column count_line.result is 'What the count found; null: not found yet.';
comment on column count_line.lane is 'Lane of the sorter who scanned it.';
comment on column count_line.counted_by is 'Who scanned it.';
comment on column count_line.counted_at is 'When.';
comment on column count_line.checkpoint_id is 'The checkpoint of that scan.';
comment on column count_line.duplicates is 'Later scans of the same number.';

create table discrepancy (
  discrepancy_id uuid primary key,
  opening_id uuid not null references opening,
  discrepancy_kind text not null check (discrepancy_kind in ('missing', 'surplus', 'mis_sent', 'other_bag', 'damaged', 'weight_mismatch', 'seal', 'bag_weight')),
  unit_id uuid references unit,
  code text not null,
  office_found text not null,
  office_asked text not null,
  hint text,
  deadline_at timestamptz,
  state text not null check (state in ('open', 'agreed', 'contested', 'decided')),
  opened_at timestamptz not null,
  opened_by uuid not null references person,
  found_reason_code text not null,
  answer_reason_code text,
  answered_at timestamptz,
  answered_by uuid references person,
  decision_reason_code text,
  decided_at timestamptz,
  decided_by uuid references person,
  record_no text,
  unique (opening_id, discrepancy_kind, code),
  constraint decided_by_another check (decided_by is null or (decided_by <> opened_by and decided_by is distinct from answered_by))
);
create index discrepancy_office on discrepancy (office_asked, state);
comment on table discrepancy is 'A difference between two offices: stated, answered, agreed or contested, decided by a supervisor. Never closed silently.';
comment on column discrepancy.discrepancy_id is 'UUIDv7.';
comment on column discrepancy.opening_id is 'Opening that found it.';
comment on column discrepancy.discrepancy_kind is 'What differs.';
comment on column discrepancy.unit_id is 'Item or bag concerned.';
comment on column discrepancy.code is 'Its number.';
comment on column discrepancy.office_found is 'Office that found it.';
comment on column discrepancy.office_asked is 'Office that must answer: the one that made the bag up.';
comment on column discrepancy.hint is 'What the program noticed: last custodian, weight that equals the gap.';
comment on column discrepancy.deadline_at is 'Answer due; null: no standard loaded.';
comment on column discrepancy.state is 'open, agreed, contested or decided.';
comment on column discrepancy.opened_at is 'When found.';
comment on column discrepancy.opened_by is 'Who found it.';
comment on column discrepancy.found_reason_code is 'Statement of the office that found it.';
comment on column discrepancy.answer_reason_code is 'Statement of the office asked.';
comment on column discrepancy.answered_at is 'When answered.';
comment on column discrepancy.answered_by is 'Who answered.';
comment on column discrepancy.decision_reason_code is 'Decision of the supervisor.';
comment on column discrepancy.decided_at is 'When decided.';
comment on column discrepancy.decided_by is 'Who decided: neither of the two.';
comment on column discrepancy.record_no is 'Number of the biên bản draft.';

create table handover (
  handover_id uuid primary key,
  office_code text not null,
  from_kind text not null,
  from_ref text not null,
  to_kind text not null check (to_kind in ('person', 'courier', 'vehicle', 'agency')),
  to_ref text not null,
  receiver_person_id uuid not null references person,
  offered_at timestamptz not null,
  offered_by uuid not null references person,
  digest bytea not null check (octet_length(digest) = 32),
  state text not null check (state in ('offered', 'answered', 'withdrawn')),
  answered_at timestamptz,
  constraint two_sides check (receiver_person_id <> offered_by)
);
create index handover_receiver on handover (receiver_person_id) where state = 'offered';
comment on table handover is 'Giao nhận: an offer by the giver, answered unit by unit by the receiver. Custody moves only with both.';
comment on column handover.handover_id is 'UUIDv7.';
comment on column handover.office_code is 'Place.';
comment on column handover.from_kind is 'Kind of custodian that gives.';
comment on column handover.from_ref is 'Which one.';
comment on column handover.to_kind is 'Kind of custodian that receives.';
comment on column handover.to_ref is 'Which one.';
comment on column handover.receiver_person_id is 'Person who must answer.';
comment on column handover.offered_at is 'When offered.';
comment on column handover.offered_by is 'Who gives.';
comment on column handover.digest is 'SHA-256 of the list as offered.';
comment on column handover.state is 'offered, answered or withdrawn.';
comment on column handover.answered_at is 'When the last line was answered or the offer withdrawn.';

create table handover_line (
  handover_id uuid not null references handover,
  code text not null,
  unit_id uuid not null references unit,
  condition text not null check (condition in ('intact', 'wrinkled', 'stained', 'wet', 'torn', 'resealed')),
  seal_nos text[] not null,
  answer text check (answer in ('accepted', 'refused')),
  found_condition text,
  reason_code text,
  checkpoint_id uuid,
  primary key (handover_id, code),
  constraint refusal_has_a_reason check (answer is distinct from 'refused' or reason_code is not null)
);
comment on table handover_line is 'One unit of a handover.';
comment on column handover_line.handover_id is 'The handover.';
comment on column handover_line.code is 'Number.';
comment on column handover_line.unit_id is 'The unit.';
comment on column handover_line.condition is 'Condition as the giver says.';
comment on column handover_line.seal_nos is 'Seals as the giver says.';
comment on column handover_line.answer is 'accepted or refused; null: not answered.';
comment on column handover_line.found_condition is 'Condition as the receiver found it.';
comment on column handover_line.reason_code is 'Reason of a refusal.';
comment on column handover_line.checkpoint_id is 'Checkpoint that moved custody.';

grant select on all tables in schema public to niem_app;
grant select on trip, trip_series, bag, containment, seal, opening, count_line, discrepancy, handover, handover_line to niem_reader;
grant insert, update on trip, trip_series, bag, containment, seal, opening, count_line, discrepancy, handover, handover_line to niem_app;
