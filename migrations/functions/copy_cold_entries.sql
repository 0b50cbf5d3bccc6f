-- Copies what the log must still know of the positions from a ledger's cold end to p_to, and moves the end there. Called
-- by detach_range, and before it, window by window in the same transaction, by whoever wants to see it progress.
-- Committed without the detach it would make verify say so: cold copies of entries that are still attached.
create function log.copy_cold_entries(p_ledger_no integer, p_to bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, log, pg_temp as $$
declare
  v_tenant text;
  v_from bigint := 0;
  v_position bigint;
  v_hash bytea;
  v_frontier bytea := '';
  v_row record;
  v_size bigint;
  v_node bytea;
begin
  select l.tenant into strict v_tenant from log.ledgers l where l.ledger_no = p_ledger_no;
  select c.position, c.hash, c.frontier into v_row from log.cold_ends c where c.ledger_no = p_ledger_no for update;
  if found then
    v_from := v_row.position;
    v_hash := v_row.hash;
    v_frontier := v_row.frontier;
  end if;
  v_position := v_from;
  if p_to >= (select h.position from log.heads h where h.ledger_no = p_ledger_no) then
    raise exception 'the head of ledger % lies before position %', p_ledger_no, p_to + 1
      using errcode = 'object_not_in_prerequisite_state';
  end if;

  -- The chain's end, and the tree's right edge: a leaf merges with the peak before it once for each trailing 1 of the
  -- size (RFC 6962). A gap here means loss, and what is lost is not put away as if it were there.
  for v_row in
    select e.position, e.hash from log.entries e
    where e.ledger_no = p_ledger_no and e.position > v_from and e.position <= p_to order by e.position
  loop
    if v_row.position <> v_position + 1 then
      exit;
    end if;
    v_size := v_position;
    v_node := v_row.hash;
    while v_size & 1 = 1 loop
      v_node := sha256('\x01'::bytea || substr(v_frontier, octet_length(v_frontier) - 31) || v_node);
      v_frontier := substr(v_frontier, 1, octet_length(v_frontier) - 32);
      v_size := v_size >> 1;
    end loop;
    v_frontier := v_frontier || v_node;
    v_position := v_row.position;
    v_hash := v_row.hash;
  end loop;
  if v_position <> p_to then
    raise exception 'ledger % has no entry at position %: run writ log verify', p_ledger_no, v_position + 1
      using errcode = 'data_corrupted';
  end if;

  insert into log.cold_ids (ledger_no, tenant, id, position, request_mac)
    select e.ledger_no, e.tenant, e.id, e.position, e.request_mac from log.entries e
    where e.ledger_no = p_ledger_no and e.position > v_from and e.position <= p_to;
  insert into log.cold_streams as c (ledger_no, tenant, stream, revision)
    select e.ledger_no, e.tenant, e.stream, max(e.revision) from log.entries e
    where e.ledger_no = p_ledger_no and e.position > v_from and e.position <= p_to
    group by e.ledger_no, e.tenant, e.stream
    on conflict on constraint cold_streams_pk do update set revision = greatest(c.revision, excluded.revision);
  -- Whole, because Writ folds them whenever it decides. Categories that grow with the traffic are not among them.
  insert into log.kept_entries
    select e.ledger_no, e.revision, e.position, e.id, e.correlation_id, e.tenant, e.stream, e.type, e.hash,
      e.request_mac, e.entry
    from log.entries e
    where e.ledger_no = p_ledger_no and e.position > v_from and e.position <= p_to
      and split_part(e.stream, ':', 1) in ('ledger', 'control', 'policy', 'weights', 'promotion', 'subject-map', 'drift',
        'shadow', 'key', 'event-type');
  insert into log.cold_ends (ledger_no, tenant, position, hash, frontier)
    values (p_ledger_no, v_tenant, v_position, v_hash, v_frontier)
    on conflict on constraint cold_ends_pk do update
      set position = excluded.position, hash = excluded.hash, frontier = excluded.frontier;
  return v_position - v_from;
end
$$;
