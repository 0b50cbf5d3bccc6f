-- Adds the next range of positions to each hash partition whose fullest ledger is past the middle of its last range.
-- Called at start and hourly, ahead of need: half a range is 33 million entries. Returns how many ranges were added.
create function log.add_entry_ranges() returns integer
language plpgsql security definer set search_path = pg_catalog, log, pg_temp as $$
#variable_conflict use_variable
declare
  span constant bigint := 67108864;
  shard integer;
  ranges integer;
  fullest bigint;
  added integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('log.entry_ranges', 0));
  for shard in
    select right(c.relname, -length('entries_'))::integer
    from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'log.entries'::regclass order by c.relname
  loop
    -- Ranges are numbered without a gap from 0; detached ones are still counted, or their number would come again.
    select coalesce(max(split_part(c.relname, '_', 3)::integer), -1) + 1 into ranges
      from pg_catalog.pg_class c join pg_catalog.pg_namespace s on s.oid = c.relnamespace
      where s.nspname = 'log' and c.relkind = 'r' and c.relname ~ ('^entries_' || shard || '_[0-9]+$');
    select coalesce(max(h.position), 0) into fullest
      from log.heads h
      where satisfies_hash_partition('log.entries'::regclass, 8, shard, h.ledger_no);
    if fullest > ranges * span - span / 2 then
      perform log.add_entry_partition(shard, ranges);
      added := added + 1;
    end if;
  end loop;
  return added;
end
$$;
