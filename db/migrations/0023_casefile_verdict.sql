-- The verdict over the ledger is also over casefiles, and whoever asks for it is no party: the database looks at all of them and tells what
-- does not hold, under a digest that names no casefile. Where nothing is wrong it tells nothing, not even how many there are.

create function casefile_faults() returns table (ref text, entry_no integer, problem text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with chain as (
    select e.casefile_id, e.entry_no, e.body, e.hash, lag(e.hash) over w as before_hash, row_number() over w as expected_no, lead(1) over w is null as is_last
    from casefile_entry e window w as (partition by e.casefile_id order by e.entry_no)
  ), found as (
    select casefile_id, entry_no, 'entry_no: is not the next number' as problem from chain where entry_no <> expected_no
    union all select casefile_id, entry_no, 'hash: is not that of body' from chain where hash <> sha256(body)
    -- `prev` in the canonical map (docs/cases.md): the key, and null or 32 bytes.
    union all select casefile_id, entry_no, 'body: does not follow the entry before' from chain
      where position(decode('730470726576', 'hex') || coalesce(decode('6220', 'hex') || before_hash, decode('6e00', 'hex')) in body) = 0
    union all select casefile_id, entry_no, 'leaf: the log was not given this entry' from chain where not exists (select from casefile_leaf l where l.body = casefile_leaf_of(chain.hash))
    union all select f.casefile_id, f.entry_no, 'head_hash: is not the last entry' from casefile f left join chain c on c.casefile_id = f.casefile_id and c.is_last
      where (f.entry_no, f.head_hash) is distinct from (coalesce(c.entry_no, 0), c.hash)
    union all select w.casefile_id, w.entry_no, 'words: stand beside no entry' from casefile_words w where not exists (select from casefile_entry e where e.casefile_id = w.casefile_id and e.entry_no = w.entry_no)
  )
  select left(encode(sha256(convert_to(casefile_id::text, 'UTF8')), 'hex'), 16), entry_no, problem from found order by 1, 2, 3 limit 1000
$$;
revoke all on function casefile_faults() from public;
grant execute on function casefile_faults() to niem_app;
