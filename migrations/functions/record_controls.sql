-- Numbers the control entries of a batch: each moves the ledger's control counter, which decisions are compared with.
-- A list of its own, so that a decider folds control state in one short read.
create function log.record_controls(
  p_no integer, p_tenant text, p_counter bigint, p_stream_no integer[], p_streams text[], p_types text[], p_positions bigint[]
) returns void
language sql set search_path = pg_catalog, log, pg_temp as $$
  insert into log.control_entries (ledger_no, tenant, counter, position)
    select p_no, p_tenant, p_counter + row_number() over (order by n.position), n.position
    from unnest(p_stream_no, p_types, p_positions) n(stream_no, type, position)
    where n.position is not null
      and log.is_control(p_streams[n.stream_no], n.type);
$$;
