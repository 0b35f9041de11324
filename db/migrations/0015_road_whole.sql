-- The road to its end: items on their way back stay so through bags, one PIN for a list, a bag that never came is a difference too.

alter table item add column going_back boolean not null default false;
comment on column item.going_back is 'On its way back to the sender: from bags it comes out as returning, and it is delivered to nobody else.';
update item set going_back = true where exists (select from checkpoint c where c.unit_id = item.unit_id and c.kind = 'return_started');

alter table second_confirmation add column code text check (code ~ '^[A-Z0-9-]{6,35}$');
comment on column second_confirmation.code is 'The one unit it is good for, when a list was confirmed at once; null: any.';

alter table discrepancy alter column opening_id drop not null;
comment on column discrepancy.opening_id is 'Opening that found it; null: the bag itself never came.';

alter table seal add column verified_at timestamptz;
comment on column seal.verified_at is 'When it was last read on its bag and found intact; null: not since it was applied.';

-- Which lists there are is said by the code that asks for them.
alter table reason drop constraint reason_reason_list_check;
alter table reason add constraint reason_reason_list_check check (reason_list ~ '^[a-z][a-z_]{2,29}$');
