-- Appends LedgerRestored and moves the epoch, for the owner only: whoever decided on what this database held before the
-- restore carries the older epoch, and its append is stale-control. The caller read the head and wrote its position and
-- the next epoch into the entry; false, and nothing written, where the head has moved since: read it again.
create function log.record_restore(
  p_ledger text, p_position bigint, p_epoch integer,
  p_id uuid, p_correlation_id uuid, p_stream text, p_head text, p_tail text
) returns boolean
language plpgsql security definer set search_path = pg_catalog, log, pg_temp as $$
declare
  v_no integer;
  v_head log.heads%rowtype;
  v_at timestamptz;
  v_revision integer;
  v_entry text;
  v_hash bytea;
begin
  -- The locks of log.append, in its order: the scope of all ledgers, exclusively where this is the ledger behind it.
  if p_ledger = 'system/control' then
    perform pg_advisory_xact_lock(hashtextextended('system/control/scope', 0));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended('system/control/scope', 0));
  end if;
  perform pg_advisory_xact_lock(hashtextextended(p_ledger, 0));
  select l.ledger_no into v_no from log.ledgers l where l.ledger = p_ledger;
  select h.* into v_head from log.heads h where h.ledger_no = v_no for update;
  if v_head.position is distinct from p_position or v_head.epoch is distinct from p_epoch then
    return false;
  end if;
  -- A head that does not match its entry is no restore but damage: it is for verify, not to be built upon.
  if v_head.hash is distinct from
     (select e.hash from log.entries e where e.ledger_no = v_no and e.position = p_position) then
    raise exception 'the head of % does not match its last entry', p_ledger using errcode = 'data_corrupted';
  end if;
  v_at := greatest(date_trunc('milliseconds', clock_timestamp()), v_head.recorded_at);
  v_revision := 1 + greatest(
    coalesce((select max(e.revision) from log.entries e where e.ledger_no = v_no and e.stream = p_stream), 0),
    coalesce((select c.revision from log.cold_streams c where c.ledger_no = v_no and c.stream = p_stream), 0));
  v_entry := p_head || ',"position":' || p_position + 1 || ',"prev":"' || encode(v_head.hash, 'hex')
    || '","recordedAt":"' || to_char(v_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    || '","revision":' || v_revision || ',' || p_tail;
  v_hash := sha256('\x00'::bytea || convert_to(v_entry, 'UTF8'));
  insert into log.entries (ledger_no, revision, position, id, correlation_id, tenant, stream, type, hash, entry)
    values (v_no, v_revision, p_position + 1, p_id, nullif(p_correlation_id, p_id), v_head.tenant, p_stream,
      'LedgerRestored', v_hash, v_entry);
  update log.heads h set position = p_position + 1, hash = v_hash, epoch = p_epoch + 1, recorded_at = v_at
    where h.ledger_no = v_no;
  return true;
end
$$;
