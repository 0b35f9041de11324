-- Closing a shift by count and weight, complaints, and the periodic reconciliation with a party.

-- The ledger only grows, so a block range index costs a scan nothing and finds "since then" at once.
create index checkpoint_received on checkpoint using brin (received_at);

comment on column second_confirmation.used_by_checkpoint_id is 'Checkpoint, or closed shift, that used it; null: not yet.';

alter table shift add column blind_counted_at timestamptz;
alter table shift add column blind_counted_by uuid references person;
alter table shift add column blind_attempts smallint not null default 0;
alter table shift add column handed_to uuid references person;
alter table shift add column forced_reason_code text;
alter table shift add constraint stock_is_handed_to_another check (handed_to <> closed_by);
alter table shift add constraint receiver_signs_only_a_closing check (handed_to is null or closed_at is not null);
alter table shift add constraint blind_count_has_a_person check ((blind_counted_at is null) = (blind_counted_by is null));
comment on column shift.closed_by is 'Who gave the stock and closed the shift.';
comment on column shift.blind_counted_at is 'When the giver last counted without knowing what is expected; null: not yet.';
comment on column shift.blind_counted_by is 'Who counted.';
comment on column shift.blind_attempts is 'Blind counts entered in this shift; more than one means counted again.';
comment on column shift.handed_to is 'Who received the stock, by badge and PIN; null: not closed.';
comment on column shift.forced_reason_code is 'Reason of a close with open differences or a count that differs; null: none.';

create table shift_balance (
  shift_id uuid not null references shift,
  mail_class text not null check (mail_class in ('kt1', 'letter', 'parcel', 'printed_matter', 'bag')),
  blind_count integer not null check (blind_count between 0 and 1000000),
  blind_weight_g bigint check (blind_weight_g >= 0),
  opening_count integer,
  in_count integer check (in_count >= 0),
  out_count integer check (out_count >= 0),
  closing_count integer check (closing_count >= 0),
  opening_weight_g bigint,
  in_weight_g bigint check (in_weight_g >= 0),
  out_weight_g bigint check (out_weight_g >= 0),
  closing_weight_g bigint check (closing_weight_g >= 0),
  blind_differs boolean,
  primary key (shift_id, mail_class),
  constraint balance_is_whole_or_not_yet check (
    num_nulls(opening_count, in_count, out_count, closing_count, opening_weight_g, in_weight_g, out_weight_g, closing_weight_g, blind_differs) in (0, 9)),
  constraint counts_balance check (opening_count + in_count - out_count = closing_count),
  constraint weights_balance check (opening_weight_g + in_weight_g - out_weight_g = closing_weight_g)
);
comment on table shift_balance is 'Opening stock + in - out = closing stock of a shift, by class of mail; the blind count stands beside what the ledger says.';
comment on column shift_balance.shift_id is 'The shift.';
comment on column shift_balance.mail_class is 'Service class of loose items, or bag: what is in a bag is counted as that bag.';
comment on column shift_balance.blind_count is 'Pieces the giver counted, not knowing the figure of the ledger.';
comment on column shift_balance.blind_weight_g is 'Weight the giver found; null: not weighed.';
comment on column shift_balance.opening_count is 'Closing of the shift before; null until closed.';
comment on column shift_balance.in_count is 'Pieces that came into stock, by the ledger.';
comment on column shift_balance.out_count is 'Pieces that left stock, by the ledger.';
comment on column shift_balance.closing_count is 'Pieces in stock at closing, by the ledger.';
comment on column shift_balance.opening_weight_g is 'Weight of the opening stock.';
comment on column shift_balance.in_weight_g is 'Weight that came in; also what a piece in stock was found heavier.';
comment on column shift_balance.out_weight_g is 'Weight that left; also what a piece in stock was found lighter.';
comment on column shift_balance.closing_weight_g is 'Weight in stock at closing.';
comment on column shift_balance.blind_differs is 'The blind count was not what the ledger says.';

create table shift_stock (
  shift_id uuid not null references shift,
  unit_id uuid not null references unit,
  mail_class text not null check (mail_class in ('kt1', 'letter', 'parcel', 'printed_matter', 'bag')),
  weight_g integer not null check (weight_g >= 0),
  primary key (shift_id, unit_id)
);
comment on table shift_stock is 'What was in stock when a shift closed, piece by piece: the opening stock of the next.';
comment on column shift_stock.shift_id is 'The closed shift.';
comment on column shift_stock.unit_id is 'The item or bag.';
comment on column shift_stock.mail_class is 'As in shift_balance.';
comment on column shift_stock.weight_g is 'Weight then; 0 for a bag that was not weighed yet.';

create table complaint (
  complaint_id uuid primary key,
  case_no text not null unique check (case_no ~ '^[0-9A-Z/.-]{1,40}$'),
  unit_id uuid not null references unit,
  code text not null,
  complaint_kind text not null check (complaint_kind in ('loss', 'late', 'damage', 'charge', 'other')),
  international boolean not null,
  complainant text not null check (complainant = 'ordinary' or complainant ~ '^[A-Z0-9-]{3,20}$'),
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  received_at timestamptz not null,
  received_by uuid not null references person,
  window_ends_on date,
  window_ok boolean,
  answer_due_on date,
  answer text check (answer in ('upheld', 'partly_upheld', 'not_upheld')),
  answer_reason_code text,
  answered_at timestamptz,
  answered_by uuid references person,
  constraint window_is_judged_by_its_end check ((window_ends_on is null) = (window_ok is null)),
  constraint answer_is_whole check (num_nulls(answer, answer_reason_code, answered_at, answered_by) in (0, 4))
);
create index complaint_office on complaint (office_code, complaint_id desc);
comment on table complaint is 'Complaints with their legal windows. Names no complainant: the written complaint stands in the file of that number.';
comment on column complaint.complaint_id is 'UUIDv7.';
comment on column complaint.case_no is 'Number of the written complaint.';
comment on column complaint.unit_id is 'The item.';
comment on column complaint.code is 'Its number.';
comment on column complaint.complaint_kind is 'loss, late, damage, charge or other.';
comment on column complaint.international is 'About an international service: longer time to answer.';
comment on column complaint.complainant is 'Code of the served body, or ordinary.';
comment on column complaint.office_code is 'Office that received it.';
comment on column complaint.received_at is 'When received.';
comment on column complaint.received_by is 'By whom.';
comment on column complaint.window_ends_on is 'Last day for such a complaint; null: no limit loaded, or its time has not begun.';
comment on column complaint.window_ok is 'Received within the window; null: not known.';
comment on column complaint.answer_due_on is 'Last day to answer; null: no limit loaded.';
comment on column complaint.answer is 'upheld, partly_upheld or not_upheld; null: open.';
comment on column complaint.answer_reason_code is 'Reason (list discrepancy).';
comment on column complaint.answered_at is 'When answered.';
comment on column complaint.answered_by is 'By whom.';

create table settlement (
  settlement_id uuid primary key,
  period_from date not null,
  period_to date not null,
  party_a_office_code text not null check (party_a_office_code ~ '^[0-9A-Z]{6}$'),
  party_b text not null check (party_b ~ '^[A-Z0-9-]{3,20}$'),
  state text not null check (state in ('draft', 'signed_a', 'signed_b', 'agreed', 'disputed')),
  figures jsonb not null,
  drawn_at timestamptz not null,
  drawn_by uuid not null references person,
  signed_a_at timestamptz,
  signed_a_by uuid references person,
  signed_b_at timestamptz,
  signed_b_by uuid references person,
  signed_b_card_no text,
  constraint period_is_forward check (period_to >= period_from),
  constraint two_distinct_signers check (signed_a_by <> signed_b_by),
  constraint signatures_make_the_state check (
    (state in ('signed_a', 'agreed')) = (signed_a_by is not null) and (state in ('signed_b', 'agreed')) = (signed_b_by is not null)
    and (signed_a_by is null) = (signed_a_at is null) and (signed_b_by is null) = (signed_b_at is null)),
  unique (party_a_office_code, party_b, period_from, period_to)
);
comment on table settlement is 'Đối soát sản lượng, chất lượng: figures of a period between an office and a served body or another office, signed by both.';
comment on column settlement.settlement_id is 'UUIDv7.';
comment on column settlement.period_from is 'First civil day.';
comment on column settlement.period_to is 'Last civil day.';
comment on column settlement.party_a_office_code is 'The office that draws it up.';
comment on column settlement.party_b is 'Code of the served body or of the other office.';
comment on column settlement.state is 'draft, signed_a, signed_b, agreed (both), or disputed while a line is.';
comment on column settlement.figures is 'Counts as the ledger had them when drawn.';
comment on column settlement.drawn_at is 'When drawn.';
comment on column settlement.drawn_by is 'By whom.';
comment on column settlement.signed_a_at is 'When the office signed.';
comment on column settlement.signed_a_by is 'Who signed for the office.';
comment on column settlement.signed_b_at is 'When the other party signed.';
comment on column settlement.signed_b_by is 'Who signed for the other office, or who checked the card of the body''s signer.';
comment on column settlement.signed_b_card_no is 'Card of the body''s authorised person; null: the other party is an office.';

create table settlement_dispute (
  settlement_id uuid not null references settlement,
  line_no smallint not null check (line_no between 1 and 200),
  figure text not null check (figure ~ '^[a-z0-9_./]{2,80}$'),
  claimed_count integer not null check (claimed_count between 0 and 10000000),
  reason_code text not null,
  opened_at timestamptz not null,
  opened_by uuid not null references person,
  settled_at timestamptz,
  settled_by uuid references person,
  settled_count integer check (settled_count between 0 and 10000000),
  primary key (settlement_id, line_no),
  constraint dispute_is_settled_by_another check (settled_by <> opened_by),
  constraint settling_is_whole check (num_nulls(settled_at, settled_by, settled_count) in (0, 3))
);
comment on table settlement_dispute is 'A figure of a settlement that one side contests.';
comment on column settlement_dispute.settlement_id is 'The settlement.';
comment on column settlement_dispute.line_no is 'Running number.';
comment on column settlement_dispute.figure is 'Which figure, as its path.';
comment on column settlement_dispute.claimed_count is 'What the contesting side counts.';
comment on column settlement_dispute.reason_code is 'Reason (list discrepancy).';
comment on column settlement_dispute.opened_at is 'When contested.';
comment on column settlement_dispute.opened_by is 'By whom.';
comment on column settlement_dispute.settled_at is 'When settled; null: open.';
comment on column settlement_dispute.settled_by is 'By whom: another person.';
comment on column settlement_dispute.settled_count is 'The count agreed upon.';

grant select on shift_balance, shift_stock, complaint, settlement, settlement_dispute to niem_app, niem_reader;
grant insert, update on shift_balance, complaint, settlement, settlement_dispute to niem_app;
grant insert on shift_stock to niem_app;
grant update (blind_counted_at, blind_counted_by, blind_attempts, handed_to, forced_reason_code) on shift to niem_app;
