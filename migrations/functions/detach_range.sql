-- Detaches one range of positions of one hash partition, for the owner only (DESIGN §4.3, ADR-0004). The leaf stays as a
-- plain table that still refuses change, to be dumped and dropped; ids, stream ends, the chain's end and what Writ folds
-- stay in the log. All in one transaction: a crash anywhere leaves the range attached and nothing copied.
-- Returns how many entries left.
create function log.detach_range(p_shard integer, p_range_no integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, log, pg_temp
-- All appends of all ledgers wait while the last step waits: so it gives up soon, and nothing has changed.
set lock_timeout = '1s'
as $$
declare
  span constant bigint := 67108864;
  v_begin constant bigint := p_range_no * span;
  v_end constant bigint := (p_range_no + 1) * span;
  v_leaf constant text := format('entries_%s_%s', p_shard, p_range_no);
  v_ledger record;
  v_entries bigint;
  v_copied bigint;
  v_behind bigint;
begin
  -- One who adds or detaches ranges at a time.
  perform pg_advisory_xact_lock(hashtextextended('log.entry_ranges', 0));
  for v_ledger in select r.ledger_no, r.last_position from log.range_to_detach(p_shard, p_range_no) r
    where r.first_position <= r.last_position
  loop
    perform log.copy_cold_entries(v_ledger.ledger_no, v_ledger.last_position);
  end loop;

  -- Nothing leaves that was not copied: each id, and each stream up to its last revision.
  execute format('select count(*) from log.%I', v_leaf) into v_entries;
  select count(*) into v_copied from log.cold_ids c
    where c.position >= v_begin and c.position < v_end
      and satisfies_hash_partition('log.entries'::regclass, 8, p_shard, c.ledger_no);
  execute format(
    'select count(*) from (select ledger_no, stream, max(revision) as revision from log.%I group by 1, 2) e
     left join log.cold_streams c using (ledger_no, stream) where coalesce(c.revision, 0) < e.revision', v_leaf)
    into v_behind;
  if v_copied <> v_entries or v_behind > 0 then
    raise exception '% has % entries, % ids are copied, % streams are not', v_leaf, v_entries, v_copied, v_behind
      using errcode = 'data_corrupted';
  end if;

  -- Every append holds this lock shared from its first step on, before it looks whether its ledger has cold ids. One that
  -- looked before the detach and went on after it would take a repeat for new: so all are let end first.
  perform pg_advisory_xact_lock(hashtextextended('system/control/scope', 0));
  execute format('lock table log.%I in access exclusive mode', 'entries_' || p_shard);
  -- A ledger may have been opened in the meantime, and its head lie here.
  perform log.refuse_detach(p_shard, p_range_no);
  execute format('alter table log.%I detach partition log.%I', 'entries_' || p_shard, v_leaf);
  insert into log.detached_ranges (shard, range_no, entries) values (p_shard, p_range_no, v_entries);
  return v_entries;
end
$$;
