-- Delivery: courier runs and what is on them, call notices left at the addressee, days that are no working days.

create table run (
  run_id uuid primary key,
  office_code text not null check (office_code ~ '^[0-9A-Z]{6}$'),
  courier_person_id uuid not null references person,
  opened_at timestamptz not null,
  opened_by uuid not null references person,
  closed_at timestamptz,
  closed_by uuid references person,
  constraint run_closing_has_a_person check ((closed_at is null) = (closed_by is null))
);
create unique index one_open_run_per_courier on run (courier_person_id) where closed_at is null;
comment on table run is 'Chuyến phát: one courier''s way out and back.';
comment on column run.run_id is 'UUIDv7.';
comment on column run.office_code is 'Office it leaves from.';
comment on column run.courier_person_id is 'The courier.';
comment on column run.opened_at is 'When opened.';
comment on column run.opened_by is 'By whom.';
comment on column run.closed_at is 'When closed; null: open.';
comment on column run.closed_by is 'By whom.';

create table run_item (
  run_id uuid not null references run,
  item_id uuid not null references unit,
  position smallint not null check (position > 0),
  signed_out_at timestamptz not null,
  result text check (result in ('delivered', 'attempted', 'returned')),
  result_at timestamptz,
  primary key (run_id, position),
  constraint result_has_a_time check ((result is null) = (result_at is null))
);
create unique index item_on_one_run on run_item (item_id) where result is null;
comment on table run_item is 'Items signed out to a courier on a run. An item that came back may go out again on the same run.';
comment on column run_item.run_id is 'The run.';
comment on column run_item.item_id is 'The item.';
comment on column run_item.position is 'Order of signing out, from 1; the list itself is sorted by priority.';
comment on column run_item.signed_out_at is 'Server time of that checkpoint.';
comment on column run_item.result is 'delivered, attempted, or returned: left the courier in another way; null: out.';
comment on column run_item.result_at is 'When that was recorded; null: out.';

create table call_notice (
  item_id uuid not null references unit,
  notice_no smallint not null check (notice_no between 1 and 9),
  left_at timestamptz not null,
  left_by uuid not null references person,
  primary key (item_id, notice_no)
);
comment on table call_notice is 'Giấy mời: notices left for the addressee of an ordinary item; how many and how far apart is time_limit TL08.';
comment on column call_notice.item_id is 'The item.';
comment on column call_notice.notice_no is 'From 1, without gaps.';
comment on column call_notice.left_at is 'Server time of the checkpoint.';
comment on column call_notice.left_by is 'Who left it.';

create table holiday (
  holiday_on date primary key,
  name_vi text not null,
  citation text not null
);
comment on table holiday is 'Days from Monday to Friday that are no working days: public holidays and Tết, announced yearly. Empty: none loaded.';
comment on column holiday.holiday_on is 'The day.';
comment on column holiday.name_vi is 'Which holiday.';
comment on column holiday.citation is 'Where it was announced.';

grant select on run, run_item, call_notice, holiday to niem_app, niem_reader;
grant insert, update on run, run_item, call_notice to niem_app;
