-- Says why a range of positions cannot be detached, by raising; returns when it can.
create function log.refuse_detach(p_shard integer, p_range_no integer) returns void
language plpgsql set search_path = pg_catalog, log, pg_temp as $$
declare
  span constant bigint := 67108864;
  v_end constant bigint := (p_range_no + 1) * span;
  v_leaf constant text := format('entries_%s_%s', p_shard, p_range_no);
  v_ranges integer[];
  v_ledger text;
begin
  select array_agg(split_part(c.relname, '_', 3)::integer) into v_ranges
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass('log.entries_' || p_shard) and c.relname ~ ('^entries_' || p_shard || '_[0-9]+$');
  if p_range_no = any (v_ranges) is not true then
    raise exception '% is no attached range; attached are %', v_leaf, coalesce(v_ranges::text, 'none')
      using errcode = 'undefined_table';
  end if;
  if p_range_no = (select max(r) from unnest(v_ranges) r) then
    raise exception '% is the newest range of its shard', v_leaf using errcode = 'object_not_in_prerequisite_state';
  end if;
  -- In order, so that what is attached of a ledger is always its end, and one number says where it begins.
  if p_range_no <> (select min(r) from unnest(v_ranges) r) then
    raise exception '% cannot leave before range %', v_leaf, (select min(r) from unnest(v_ranges) r)
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select l.ledger into v_ledger from log.heads h join log.ledgers l using (ledger_no)
    where h.position < v_end and satisfies_hash_partition('log.entries'::regclass, 8, p_shard, h.ledger_no)
    order by h.position, l.ledger limit 1;
  if v_ledger is not null then
    raise exception 'the head of % lies in %', v_ledger, v_leaf using errcode = 'object_not_in_prerequisite_state';
  end if;
  -- A repeat by key is answered from the entries themselves for a day (DESIGN §7).
  select l.ledger into v_ledger from log.append_keys k join log.ledgers l using (ledger_no)
    where k.first_position < v_end and k.created_at > clock_timestamp() - interval '24 hours'
      and satisfies_hash_partition('log.entries'::regclass, 8, p_shard, k.ledger_no)
    limit 1;
  if v_ledger is not null then
    raise exception 'idempotency keys of % younger than a day point into %', v_ledger, v_leaf
      using errcode = 'object_not_in_prerequisite_state';
  end if;
end
$$;
