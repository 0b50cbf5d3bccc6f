-- What detaching a range would put away: each ledger that has positions in it, with the first and the last of those that
-- are not copied yet. Raises where the range cannot be detached. Counts nothing: positions have no gaps.
create function log.range_to_detach(p_shard integer, p_range_no integer)
returns table (ledger_no integer, ledger text, first_position bigint, last_position bigint)
language plpgsql security definer set search_path = pg_catalog, log, pg_temp as $$
#variable_conflict use_column
declare
  span constant bigint := 67108864;
begin
  perform log.refuse_detach(p_shard, p_range_no);
  return query
    select l.ledger_no, l.ledger, coalesce(c.position, 0) + 1, (p_range_no + 1) * span - 1
    from log.ledgers l left join log.cold_ends c on c.ledger_no = l.ledger_no
    where satisfies_hash_partition('log.entries'::regclass, 8, p_shard, l.ledger_no)
    order by l.ledger;
end
$$;
