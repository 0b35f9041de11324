-- Personal data sealed: the process encrypts them under a key of their item, and that key under one that the database never sees. An
-- erasure is a two-person order in the journal; without its row here not even the app can destroy a key.

do $$
begin
  -- What was stored in the clear waits for the program, which alone has the key: it seals it at once (src/store/seal_clear.ts).
  if exists (select from personal) then create table personal_clear as table personal; end if;
end $$;
drop table personal;

create table personal_key (
  unit_id uuid primary key,
  key_id bytea not null check (octet_length(key_id) = 8),
  wrapped bytea not null check (octet_length(wrapped) = 60)
);
comment on table personal_key is 'One key an item, wrapped. Its destruction erases what it sealed. Back it up apart and for thirty days at most, so that erasure reaches the backups.';
comment on column personal_key.unit_id is 'The item.';
comment on column personal_key.key_id is 'Which wrapping key: 8 bytes of its hash.';
comment on column personal_key.wrapped is 'AES-256-GCM under the wrapping key: nonce, key, tag.';

create table personal (
  checkpoint_id uuid primary key,
  unit_id uuid not null unique,
  secrecy text not null default 'NONE' check (secrecy = 'NONE'),
  sealed bytea not null check (octet_length(sealed) between 40 and 16500),
  constraint no_personal_data_for_marked_items foreign key (unit_id, secrecy) references item (unit_id, secrecy)
);
comment on table personal is 'Names, phones, addresses and declarations of ordinary items, sealed. The ledger holds only salted commitments to them, so a row here can be erased while every proof still holds.';
comment on column personal.checkpoint_id is 'Acceptance that brought it.';
comment on column personal.unit_id is 'The item; the key with secrecy makes rows for A, B and C impossible.';
comment on column personal.secrecy is 'Always NONE.';
comment on column personal.sealed is 'AES-256-GCM under the item''s key: nonce, canonical bytes of party to salt and fields, tag (docs/ledger.md).';

create table erasure (
  unit_id uuid not null references unit,
  party text not null check (party in ('sender', 'addressee', 'declaration')),
  entry_no bigint not null,
  erased_at timestamptz not null,
  primary key (unit_id, party)
);
comment on table erasure is 'What was erased, by which order. Append only.';
comment on column erasure.unit_id is 'The item.';
comment on column erasure.party is 'sender, addressee or declaration.';
comment on column erasure.entry_no is 'The order in the journal: who, with whom, why. No foreign key: verify.ts checks it.';
comment on column erasure.erased_at is 'Server time.';

create trigger erasure_append_only before update or delete on erasure for each row execute function refuse_change();
create trigger erasure_no_truncate before truncate on erasure for each statement execute function refuse_change();
alter table erasure enable always trigger erasure_append_only;
alter table erasure enable always trigger erasure_no_truncate;

create function refuse_loss_without_order() returns trigger language plpgsql as $$
begin
  if not exists (select from erasure where unit_id = old.unit_id) then
    raise exception 'personal data of % may only be changed by an order of erasure', old.unit_id using errcode = 'NI004';
  end if;
  return coalesce(new, old);
end $$;
create trigger personal_key_kept before update or delete on personal_key for each row execute function refuse_loss_without_order();
create trigger personal_kept before update or delete on personal for each row execute function refuse_loss_without_order();
create trigger linkage_kept before delete on linkage for each row execute function refuse_loss_without_order();
alter table personal_key enable always trigger personal_key_kept;
alter table personal enable always trigger personal_kept;
alter table linkage enable always trigger linkage_kept;

alter table journal_entry drop constraint journal_entry_matter_kind_check;
alter table journal_entry add constraint journal_entry_matter_kind_check check (matter_kind ~ '^[a-z_]{3,30}$');

grant select, insert, update, delete on personal_key, personal to niem_app;
grant select, insert on erasure to niem_app;
grant select on erasure to niem_reader;
