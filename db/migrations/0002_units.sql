-- Units (items and bags) as they stand now. Every row here is the fold of the unit's checkpoints; ledger/verify.ts proves it.

create table unit (
  unit_id uuid primary key,
  unit_kind text not null check (unit_kind in ('item', 'bag')),
  code text not null,
  state text not null,
  office_code text not null,
  custodian_kind text not null check (custodian_kind in ('person', 'courier', 'vehicle', 'agency', 'addressee', 'sender', 'nobody')),
  custodian_ref text not null,
  holds integer not null default 0 check (holds >= 0),
  unit_seq integer not null check (unit_seq > 0),
  head_hash bytea not null check (octet_length(head_hash) = 32),
  last_at timestamptz not null,
  superseded_by uuid,
  constraint nobody_holds_only_what_is_gone check (custodian_kind <> 'nobody' or state in ('lost', 'destroyed'))
) with (fillfactor = 80); -- room on the page, so that a scan's update touches no index
create unique index one_living_unit_per_code on unit (code) where superseded_by is null;
create index unit_by_office on unit (office_code, state, unit_id);
comment on table unit is 'Items and bags. Exactly one custodian at every instant.';
comment on column unit.unit_id is 'UUIDv7; the number on the label may be used again after a year, this never is.';
comment on column unit.unit_kind is 'item or bag.';
comment on column unit.code is 'Number on the label.';
comment on column unit.state is 'State after the last checkpoint (src/domain/checkpoint.ts).';
comment on column unit.office_code is 'Office of the last checkpoint.';
comment on column unit.custodian_kind is 'Who holds it: person (at office_code), courier, vehicle, agency, addressee, sender; nobody only when lost or destroyed.';
comment on column unit.custodian_ref is 'Which one: person_id, vehicle number, agency_code, body_code …; empty for nobody.';
comment on column unit.holds is 'Holds in force; a held unit does not move.';
comment on column unit.unit_seq is 'Sequence number of the last checkpoint, from 1.';
comment on column unit.head_hash is 'SHA-256 of the last checkpoint''s bytes.';
comment on column unit.last_at is 'Server time of the last checkpoint.';
comment on column unit.superseded_by is 'Unit that carries the same number now; null: this one.';

create table item (
  unit_id uuid primary key references unit,
  service_class text not null check (service_class in ('kt1', 'letter', 'parcel', 'printed_matter')),
  scope text not null check (scope in ('INTRA', 'INTER')),
  secrecy text not null check (secrecy in ('NONE', 'A', 'B', 'C')),
  urgency text not null check (urgency in ('NONE', 'HOA_TOC', 'HEN_GIO')),
  appointed_at timestamptz,
  sender_marked_hoa_toc boolean not null,
  personal_mark boolean not null,
  sender_body_code text check (sender_body_code ~ '^[A-Z0-9-]{3,20}$'),
  sender_card_no text check (sender_card_no ~ '^[A-Z0-9-]{4,24}$'),
  addressee_body_code text check (addressee_body_code ~ '^[A-Z0-9-]{3,20}$'),
  addressee_postal_code text check (addressee_postal_code ~ '^[0-9]{5}$'),
  destination_office_code text check (destination_office_code ~ '^[0-9A-Z]{6}$'),
  weight_g integer not null check (weight_g between 1 and 500000),
  length_mm integer check (length_mm between 1 and 5000),
  width_mm integer check (width_mm between 1 and 5000),
  height_mm integer check (height_mm between 1 and 5000),
  condition text not null check (condition in ('intact', 'wrinkled', 'stained', 'wet', 'torn', 'resealed')),
  joint_check text not null check (joint_check in ('done', 'not_applicable')),
  accepted_office_code text not null check (accepted_office_code ~ '^[0-9A-Z]{6}$'),
  accepted_by uuid not null,
  accepted_at timestamptz not null,
  approved_by uuid,
  approved_at timestamptz,
  labels_printed integer not null default 0,
  unique (unit_id, secrecy),
  constraint secrecy_and_urgency_are_kt1 check (service_class = 'kt1' or (secrecy = 'NONE' and urgency = 'NONE' and not personal_mark)),
  constraint appointment_belongs_to_hen_gio check ((urgency = 'HEN_GIO') = (appointed_at is not null)),
  constraint only_hen_gio_is_marked_hoa_toc_too check (urgency = 'HEN_GIO' or not sender_marked_hoa_toc),
  constraint kt1_is_never_opened_for_a_joint_check check (service_class not in ('kt1', 'letter') or joint_check = 'not_applicable'),
  constraint approver_is_another_person check (approved_by is distinct from accepted_by),
  constraint approval_has_a_person check ((approved_by is null) = (approved_at is null))
);
create index item_accepted on item (accepted_office_code, accepted_at desc, unit_id);
comment on table item is 'Particulars of a postal item. Content-free by design: for A, B and C there is no column that could take content.';
comment on column item.unit_id is 'The unit.';
comment on column item.service_class is 'kt1, letter, parcel or printed_matter.';
comment on column item.scope is 'INTRA: within the province; INTER: between provinces.';
comment on column item.secrecy is 'Outer mark A, B or C; NONE.';
comment on column item.urgency is 'NONE, HOA_TOC (hỏa tốc) or HEN_GIO (hẹn giờ).';
comment on column item.appointed_at is 'Agreed delivery time of a hẹn giờ item.';
comment on column item.sender_marked_hoa_toc is 'The sender also marked a hẹn giờ item hỏa tốc.';
comment on column item.personal_mark is 'Envelope says that only the person named may open it. The name itself is never stored.';
comment on column item.sender_body_code is 'Registered KT1 sender; null otherwise.';
comment on column item.sender_card_no is 'Card by which the authorised sender handed it in; null for overrides and ordinary items. Never the addressee.';
comment on column item.addressee_body_code is 'Registered KT1 addressee; null otherwise.';
comment on column item.addressee_postal_code is 'Postal code of the address.';
comment on column item.destination_office_code is 'Office that will deliver; null: not known at acceptance.';
comment on column item.weight_g is 'Weight in grams at acceptance, or as last corrected or rewrapped; a re-weighing is compared with it.';
comment on column item.length_mm is 'Length in millimetres; null: not measured.';
comment on column item.width_mm is 'Width in millimetres; null: not measured.';
comment on column item.height_mm is 'Height in millimetres; null: not measured.';
comment on column item.condition is 'Outside condition at acceptance.';
comment on column item.joint_check is 'Đồng kiểm with the sender: done, or not applicable (letters, KT1).';
comment on column item.accepted_office_code is 'Office of acceptance.';
comment on column item.accepted_by is 'Clerk.';
comment on column item.accepted_at is 'Server time of acceptance: the transit clock starts here.';
comment on column item.approved_by is 'Controller; another person than the clerk.';
comment on column item.approved_at is 'Server time of approval; null: may not move yet.';
comment on column item.labels_printed is 'Labels printed so far; more than one means reprints.';

create table personal (
  checkpoint_id uuid not null,
  party text not null check (party in ('sender', 'addressee', 'declaration')),
  unit_id uuid not null,
  secrecy text not null default 'NONE' check (secrecy = 'NONE'),
  salt bytea not null check (octet_length(salt) = 32),
  fields jsonb not null check (jsonb_typeof(fields) = 'object' and octet_length(fields::text) <= 4096),
  primary key (checkpoint_id, party),
  constraint no_personal_data_for_marked_items foreign key (unit_id, secrecy) references item (unit_id, secrecy)
);
create index personal_unit on personal (unit_id);
comment on table personal is 'Names, phones, addresses and declarations of ordinary items. The ledger holds only salted commitments to them, so a row here can be erased while every proof still holds.';
comment on column personal.checkpoint_id is 'Checkpoint that brought it.';
comment on column personal.party is 'sender, addressee or declaration.';
comment on column personal.unit_id is 'The item; the key with secrecy makes rows for A, B and C impossible.';
comment on column personal.secrecy is 'Always NONE.';
comment on column personal.salt is 'Fresh 32 random bytes; without them a commitment says nothing.';
comment on column personal.fields is 'Field to value, as committed to.';
