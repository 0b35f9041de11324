-- What is told to the systems of agencies and offices: where to, signed with what, and each message until it has arrived. A message is
-- written in the transaction of what it tells, so neither can be without the other.
--
-- All of it is read and changed through functions: an endpoint by the token of a session of its own party, the queue by the worker.

create table endpoint (
  endpoint_id uuid primary key,
  party_code text not null check (party_code ~ '^[A-Z0-9-]{2,20}$'),
  channel text not null check (channel in ('webhook', 'email')),
  address text not null check (length(address) between 5 and 500),
  made_at timestamptz not null,
  made_by uuid not null references person,
  second_person_id uuid not null references person,
  paused_until timestamptz,
  suspended_at timestamptz,
  ended_at timestamptz,
  ended_by uuid references person,
  constraint endpoint_has_two_persons check (second_person_id <> made_by),
  constraint endpoint_end_has_a_person check ((ended_by is null) = (ended_at is null))
);
create index endpoint_party on endpoint (party_code) where ended_at is null;
comment on table endpoint is 'Where an agency or office wants to be told: its system or its mailbox. Two persons make one. Ended, never deleted.';
comment on column endpoint.endpoint_id is 'UUIDv7.';
comment on column endpoint.party_code is 'Agency or office it belongs to.';
comment on column endpoint.channel is 'webhook or email.';
comment on column endpoint.address is 'URL, or the mailbox of a desk.';
comment on column endpoint.made_at is 'When.';
comment on column endpoint.made_by is 'Who registered it.';
comment on column endpoint.second_person_id is 'Who confirmed it.';
comment on column endpoint.paused_until is 'Nobody answered there: not asked before; null: not paused.';
comment on column endpoint.suspended_at is 'A message was tried to the end of the ladder: nothing more is sent until somebody resumes it; null: it works.';
comment on column endpoint.ended_at is 'Used no more; null: in use.';
comment on column endpoint.ended_by is 'By whom.';

create table endpoint_key (
  key_id uuid primary key,
  endpoint_id uuid not null references endpoint,
  scheme text not null check (scheme in ('v1a', 'v1')),
  secret bytea not null check (octet_length(secret) = 32),
  made_at timestamptz not null,
  made_by uuid not null references person,
  second_person_id uuid not null references person,
  ends_at timestamptz,
  constraint endpoint_key_has_two_persons check (second_person_id <> made_by)
);
create index endpoint_key_endpoint on endpoint_key (endpoint_id);
comment on table endpoint_key is 'Keys that sign what goes to an endpoint; while they are rotated, several. Read by the worker only.';
comment on column endpoint_key.key_id is 'UUIDv7.';
comment on column endpoint_key.endpoint_id is 'The endpoint.';
comment on column endpoint_key.scheme is 'v1a: Ed25519; v1: HMAC-SHA256 (Standard Webhooks).';
comment on column endpoint_key.secret is 'Ed25519 seed or HMAC key.';
comment on column endpoint_key.made_at is 'When.';
comment on column endpoint_key.made_by is 'Who rotated it in.';
comment on column endpoint_key.second_person_id is 'Who confirmed it.';
comment on column endpoint_key.ends_at is 'Signs nothing from then on; null: open.';

create table message (
  message_no bigint generated always as identity primary key,
  message_id uuid not null unique default gen_random_uuid(),
  endpoint_id uuid not null references endpoint,
  kind text not null check (kind ~ '^[a-z_]{2,30}\.[a-z_]{2,30}$'),
  subject_kind text not null check (subject_kind ~ '^[a-z_]{2,30}$'),
  subject_id uuid not null,
  ref_id uuid,
  made_at timestamptz not null,
  attempts smallint not null default 0 check (attempts >= 0),
  next_at timestamptz not null,
  claimed_until timestamptz,
  last_status smallint,
  last_problem text check (last_problem ~ '^[a-z0-9_]{2,41}$'),
  delivered_at timestamptz
);
create index message_waiting on message (endpoint_id, subject_id, message_no) where delivered_at is null;
create index message_due on message (next_at) where delivered_at is null;
create index message_endpoint on message (endpoint_id, message_no desc);
comment on table message is 'Messages to endpoints, each until it has arrived: ids and kinds only. Never deleted; delivered at least once, in order of message_no for each endpoint and subject.';
comment on column message.message_no is 'Order of writing; given under the lock of the endpoint, so in the order of commits.';
comment on column message.message_id is 'webhook-id and Message-ID: the same at every attempt.';
comment on column message.endpoint_id is 'Where to.';
comment on column message.kind is 'Entry of the catalogue (src/domain/message.ts).';
comment on column message.subject_kind is 'What it is about: notice, casefile …';
comment on column message.subject_id is 'Which one.';
comment on column message.ref_id is 'What happened: step or entry; null: the subject itself.';
comment on column message.made_at is 'When it happened.';
comment on column message.attempts is 'Failed attempts so far.';
comment on column message.next_at is 'Not tried before.';
comment on column message.claimed_until is 'A worker is at it until then; if that worker dies, another takes it up after this. Null: nobody.';
comment on column message.last_status is 'Answer to the last attempt; null: none yet, or nobody answered.';
comment on column message.last_problem is 'Why the last attempt failed; null: it did not, or the answer says it.';
comment on column message.delivered_at is 'When it arrived; null: it waits.';

do $$
declare name text;
begin
  foreach name in array array['endpoint', 'endpoint_key', 'message'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy %I on %I to niem_owner using (true) with check (true)', name || '_by_function', name);
  end loop;
end $$;

-- Who asks, by a token that is alive: the database knows hashes of tokens only.
create function session_party(token text) returns table (person_id uuid, party_code text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select s.person_id, coalesce(s.agency_code, s.office_code) from session s join person p using (person_id)
  where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.ended_at is null and s.expires_at > now()
    and p.valid_from <= current_date and (p.valid_to is null or p.valid_to > current_date)
    and exists (select from person_role r where r.person_id = s.person_id and coalesce(r.agency_code, r.office_code) = coalesce(s.agency_code, s.office_code)
      and r.valid_from <= current_date and (r.valid_to is null or r.valid_to > current_date))
$$;

-- Says it to every endpoint of these parties, in the caller's transaction. The lock gives numbers in the order of commits.
create function tell(parties text[], kind text, subject_kind text, subject_id uuid, ref_id uuid, at timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare told integer;
begin
  perform from endpoint e where e.party_code = any(parties) and e.ended_at is null order by e.endpoint_id for no key update;
  insert into message (endpoint_id, kind, subject_kind, subject_id, ref_id, made_at, next_at)
  select e.endpoint_id, tell.kind, tell.subject_kind, tell.subject_id, tell.ref_id, at, at from endpoint e where e.party_code = any(parties) and e.ended_at is null order by e.endpoint_id;
  get diagnostics told = row_count;
  return told;
end $$;

-- The worker takes what is due: of each endpoint and subject the oldest only, so that order is kept whoever sends.
create function claim_messages(now_at timestamptz, lease interval, at_most integer, channels text[])
returns table (message_id uuid, kind text, subject_kind text, subject_id uuid, ref_id uuid, made_at timestamptz, attempts smallint, endpoint_id uuid, channel text, address text, keys jsonb)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
  return query
    with due as (
      select m.message_no from message m join endpoint e using (endpoint_id)
      where m.delivered_at is null and m.next_at <= now_at and (m.claimed_until is null or m.claimed_until <= now_at) and e.channel = any(channels)
        and e.ended_at is null and e.suspended_at is null and (e.paused_until is null or e.paused_until <= now_at)
        and not exists (select from message b where b.endpoint_id = m.endpoint_id and b.subject_id = m.subject_id and b.message_no < m.message_no and b.delivered_at is null)
      order by m.message_no limit at_most for update of m skip locked
    ), taken as (
      update message m set claimed_until = now_at + lease from due where m.message_no = due.message_no returning m.*
    )
    select t.message_id, t.kind, t.subject_kind, t.subject_id, t.ref_id, t.made_at, t.attempts, t.endpoint_id, e.channel, e.address,
      (select coalesce(jsonb_agg(jsonb_build_object('scheme', k.scheme, 'secret', encode(k.secret, 'hex')) order by k.key_id), '[]') from endpoint_key k
        where k.endpoint_id = t.endpoint_id and (k.ends_at is null or k.ends_at > now_at))
    from taken t join endpoint e using (endpoint_id) order by t.message_no;
end $$;

-- What came of an attempt. `retry_at` null with a failure: the ladder is at its end, the endpoint is suspended and the message waits on.
create function settle_message(which uuid, now_at timestamptz, arrived boolean, status smallint, problem text, retry_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare place uuid := (select endpoint_id from message where message_id = which);
begin
  if arrived then
    update message set delivered_at = now_at, claimed_until = null, last_status = status, last_problem = null where message_id = which and delivered_at is null;
    -- It answers again: what waited only because nobody answered goes out now.
    update endpoint set paused_until = null where endpoint_id = place and paused_until is not null;
    update message set next_at = now_at where endpoint_id = place and delivered_at is null and next_at > now_at and last_status is null and last_problem is not null;
    return;
  end if;
  update message set attempts = attempts + 1, claimed_until = null, last_status = status, last_problem = problem, next_at = coalesce(retry_at, next_at) where message_id = which and delivered_at is null;
  if retry_at is null or status = 410 then
    update endpoint set suspended_at = coalesce(suspended_at, now_at) where endpoint_id = place;
  elsif status is null or status in (429, 502, 503, 504) then
    update endpoint set paused_until = greatest(paused_until, retry_at) where endpoint_id = place;
  end if;
end $$;

create function party_endpoints(token text)
returns table (endpoint_id uuid, channel text, address text, made_at timestamptz, made_by uuid, second_person_id uuid, paused_until timestamptz, suspended_at timestamptz, ended_at timestamptz, waiting bigint, delivered bigint, last_delivered_at timestamptz, keys jsonb)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select e.endpoint_id, e.channel, e.address, e.made_at, e.made_by, e.second_person_id, e.paused_until, e.suspended_at, e.ended_at, m.waiting, m.delivered, m.last_delivered_at,
    (select coalesce(jsonb_agg(jsonb_build_object('key_id', k.key_id, 'scheme', k.scheme, 'made_at', k.made_at, 'ends_at', k.ends_at) order by k.key_id), '[]') from endpoint_key k where k.endpoint_id = e.endpoint_id)
  from endpoint e join session_party(token) p using (party_code)
  cross join lateral (select count(*) filter (where m.delivered_at is null) as waiting, count(m.delivered_at) as delivered, max(m.delivered_at) as last_delivered_at from message m where m.endpoint_id = e.endpoint_id) m
  order by e.endpoint_id desc
$$;

create function party_messages(token text, wanted uuid, before bigint, at_most integer)
returns table (message_no bigint, message_id uuid, kind text, subject_kind text, subject_id uuid, ref_id uuid, made_at timestamptz, attempts smallint, next_at timestamptz, last_status smallint, last_problem text, delivered_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.message_no, m.message_id, m.kind, m.subject_kind, m.subject_id, m.ref_id, m.made_at, m.attempts, m.next_at, m.last_status, m.last_problem, m.delivered_at
  from message m join endpoint e using (endpoint_id) join session_party(token) p using (party_code)
  where e.endpoint_id = wanted and (before is null or m.message_no < before) order by m.message_no desc limit at_most
$$;

-- Changes to an endpoint of one's own party; false: there is none such. A key of the same scheme that is there ends when `old_until` comes.
create function add_endpoint(token text, id uuid, new_channel text, new_address text, second uuid, at timestamptz) returns boolean
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with made as (insert into endpoint (endpoint_id, party_code, channel, address, made_at, made_by, second_person_id)
    select id, p.party_code, new_channel, new_address, at, p.person_id, second from session_party(token) p returning 1)
  select exists (select from made)
$$;
create function add_endpoint_key(token text, wanted uuid, id uuid, new_scheme text, new_secret bytea, second uuid, at timestamptz, old_until timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare keeper uuid := (select p.person_id from endpoint e join session_party(token) p using (party_code) where e.endpoint_id = wanted and e.channel = 'webhook' and e.ended_at is null);
begin
  if keeper is null then return false; end if;
  update endpoint_key set ends_at = old_until where endpoint_id = wanted and scheme = new_scheme and (ends_at is null or ends_at > old_until);
  insert into endpoint_key (key_id, endpoint_id, scheme, secret, made_at, made_by, second_person_id) values (id, wanted, new_scheme, new_secret, at, keeper, second);
  return true;
end $$;
create function end_endpoint(token text, wanted uuid, at timestamptz) returns boolean
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with done as (update endpoint e set ended_at = at, ended_by = p.person_id from session_party(token) p where e.party_code = p.party_code and e.endpoint_id = wanted and e.ended_at is null returning 1)
  select exists (select from done)
$$;
create function resume_endpoint(token text, wanted uuid, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update endpoint e set suspended_at = null, paused_until = null from session_party(token) p where e.party_code = p.party_code and e.endpoint_id = wanted and e.ended_at is null;
  if not found then return false; end if;
  update message set attempts = 0, next_at = at where endpoint_id = wanted and delivered_at is null;
  return true;
end $$;
create function test_endpoint(token text, wanted uuid, at timestamptz) returns boolean
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with made as (insert into message (endpoint_id, kind, subject_kind, subject_id, made_at, next_at)
    select e.endpoint_id, 'endpoint.tested', 'endpoint', e.endpoint_id, at, at from endpoint e join session_party(token) p using (party_code) where e.endpoint_id = wanted and e.ended_at is null returning 1)
  select exists (select from made)
$$;

do $$
declare name text;
begin
  foreach name in array array['session_party(text)', 'tell(text[], text, text, uuid, uuid, timestamptz)', 'claim_messages(timestamptz, interval, integer, text[])',
    'settle_message(uuid, timestamptz, boolean, smallint, text, timestamptz)', 'party_endpoints(text)', 'party_messages(text, uuid, bigint, integer)', 'add_endpoint(text, uuid, text, text, uuid, timestamptz)',
    'add_endpoint_key(text, uuid, uuid, text, bytea, uuid, timestamptz, timestamptz)', 'end_endpoint(text, uuid, timestamptz)', 'resume_endpoint(text, uuid, timestamptz)', 'test_endpoint(text, uuid, timestamptz)'] loop
    execute format('revoke all on function %s from public', name);
    if name not like 'session_party%' then execute format('grant execute on function %s to niem_app', name); end if;
  end loop;
end $$;
