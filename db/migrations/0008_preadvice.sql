-- Pre-advice: what an office without the system announces. An announcement is only said, never a custody event: the bag enters
-- the ledger when it arrives, each item when it is counted or recorded missing.

create table preadvice (
  preadvice_id uuid primary key,
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  from_office_code text not null check (from_office_code ~ '^[0-9A-Z]{6}$'),
  digest bytea not null check (octet_length(digest) = 32),
  received_at timestamptz not null,
  received_by uuid not null references person,
  constraint same_file_is_the_same_preadvice unique (office_code, digest),
  constraint announced_by_another_office check (from_office_code <> office_code)
);
comment on table preadvice is 'Báo trước: one file by which an office without the system announced bags to another. Append only.';
comment on column preadvice.preadvice_id is 'UUIDv7.';
comment on column preadvice.office_code is 'Office that the bags are for, and that imported the file.';
comment on column preadvice.from_office_code is 'Office that announced them.';
comment on column preadvice.digest is 'SHA-256 of the file as it was sent.';
comment on column preadvice.received_at is 'When it was imported.';
comment on column preadvice.received_by is 'Who imported it.';

create table preadvice_bag (
  bag_code text primary key check (bag_code ~ '^[0-9A-Z]{23}$'),
  preadvice_id uuid not null references preadvice,
  seal_nos text[] not null check (cardinality(seal_nos) between 1 and 8),
  gross_g integer check (gross_g between 1 and 500000),
  item_count integer not null check (item_count between 1 and 1000),
  marked_count integer not null check (marked_count between 0 and 1000),
  net_g integer not null,
  list_digest bytea not null check (octet_length(list_digest) = 32)
);
create index preadvice_bag_file on preadvice_bag (preadvice_id);
comment on table preadvice_bag is 'A bag as announced; announced once. Append only.';
comment on column preadvice_bag.bag_code is 'Number of the bag.';
comment on column preadvice_bag.preadvice_id is 'File that announced it.';
comment on column preadvice_bag.seal_nos is 'Seals that the announcing office says it applied.';
comment on column preadvice_bag.gross_g is 'Weight of the sealed bag; null: not told.';
comment on column preadvice_bag.item_count is 'Items announced.';
comment on column preadvice_bag.marked_count is 'Of them marked A or B: such bags need two persons.';
comment on column preadvice_bag.net_g is 'Sum of the announced weights.';
comment on column preadvice_bag.list_digest is 'SHA-256 of the canonical list of numbers and weights, as of our own manifests.';

create table preadvice_line (
  bag_code text not null references preadvice_bag,
  code text not null check (code ~ '^[A-Z0-9-]{6,35}$'),
  line_no integer not null check (line_no > 0),
  service_class text not null check (service_class in ('kt1', 'letter', 'parcel', 'printed_matter')),
  scope text not null check (scope in ('INTRA', 'INTER')),
  secrecy text not null check (secrecy in ('NONE', 'A', 'B', 'C')),
  urgency text not null check (urgency in ('NONE', 'HOA_TOC', 'HEN_GIO')),
  appointed_at timestamptz,
  personal_mark boolean not null,
  weight_g integer not null check (weight_g between 1 and 500000),
  destination_office_code text check (destination_office_code ~ '^[0-9A-Z]{6}$'),
  primary key (bag_code, code),
  constraint announced_secrecy_and_urgency_are_kt1 check (service_class = 'kt1' or (secrecy = 'NONE' and urgency = 'NONE' and not personal_mark)),
  constraint announced_appointment_belongs_to_hen_gio check ((urgency = 'HEN_GIO') = (appointed_at is not null))
);
comment on table preadvice_line is 'An item as announced. No column could take content, a sender or a receiver. Append only.';
comment on column preadvice_line.bag_code is 'The bag.';
comment on column preadvice_line.code is 'Number of the item.';
comment on column preadvice_line.line_no is 'Line of the file.';
comment on column preadvice_line.service_class is 'kt1, letter, parcel or printed_matter.';
comment on column preadvice_line.scope is 'INTRA or INTER; when the file does not say, from the provinces of the two offices.';
comment on column preadvice_line.secrecy is 'Outer mark A, B or C; NONE.';
comment on column preadvice_line.urgency is 'NONE, HOA_TOC or HEN_GIO.';
comment on column preadvice_line.appointed_at is 'Agreed delivery time of a hẹn giờ item.';
comment on column preadvice_line.personal_mark is 'The file says that only the person named on the envelope may open it.';
comment on column preadvice_line.weight_g is 'Weight in grams as announced.';
comment on column preadvice_line.destination_office_code is 'Office that will deliver; null: not told.';

create trigger preadvice_append_only before update or delete on preadvice for each row execute function refuse_change();
create trigger preadvice_bag_append_only before update or delete on preadvice_bag for each row execute function refuse_change();
create trigger preadvice_line_append_only before update or delete on preadvice_line for each row execute function refuse_change();
alter table preadvice enable always trigger preadvice_append_only;
alter table preadvice_bag enable always trigger preadvice_bag_append_only;
alter table preadvice_line enable always trigger preadvice_line_append_only;

-- A bag from outside belongs to no trip of ours; an announced item is no unit before it has been counted or recorded missing.
alter table bag alter column trip_id drop not null;
alter table count_line alter column item_id drop not null;
alter table count_line add constraint found_is_a_unit check (item_id is not null or result is null);
comment on column bag.trip_id is 'Trip it belongs to; null: it came from an office without the system.';
comment on column count_line.item_id is 'The item; null: announced from outside and not seen yet.';
comment on column item.condition is 'Outside condition at acceptance; of what came from outside, as first counted, intact when it was never seen.';
comment on column item.joint_check is 'Đồng kiểm with the sender: done, or not applicable (letters, KT1, what came from outside).';
comment on column item.accepted_office_code is 'Office of acceptance; of what came from outside, the office that announced it.';
comment on column item.accepted_by is 'Clerk; of what came from outside, who first recorded it.';
comment on column item.accepted_at is 'Server time of acceptance: the transit clock starts here. Of what came from outside, when it was first recorded.';

grant select, insert on preadvice, preadvice_bag, preadvice_line to niem_app;
grant select on preadvice, preadvice_bag, preadvice_line to niem_reader;
