-- Opens a ledger: its row, its head, and LedgerOpened at position 1. The caller sends the entry in two texts as for
-- log.append. Returns true when it was opened now, false when it was open before; then nothing is written.
-- Beside the function of 0002: a new ledger gets a number whose first range is still attached, or position 1 had no place.
create function log.open_ledger(
  p_ledger text, p_id uuid, p_correlation_id uuid, p_stream text, p_head text, p_tail text
) returns boolean
language plpgsql security definer set search_path = pg_catalog, log, pg_temp as $$
declare
  v_tenant text := split_part(p_ledger, '/', 1);
  v_no integer;
  v_prev bytea := sha256('writ/v1/genesis'::bytea || '\x00'::bytea || convert_to(p_ledger, 'UTF8'));
  v_at timestamptz := date_trunc('milliseconds', clock_timestamp());
  v_entry text;
  v_hash bytea;
begin
  if current_setting('writ.tenant', true) is distinct from v_tenant then
    raise exception 'the connection is bound to another tenant' using errcode = 'insufficient_privilege';
  end if;
  -- Shared with appends: no range is detached between the choice of the number and the insert.
  perform pg_advisory_xact_lock_shared(hashtextextended('system/control/scope', 0));
  perform pg_advisory_xact_lock(hashtextextended(p_ledger, 0));
  if exists (select from log.ledgers l where l.ledger = p_ledger) then
    return false;
  end if;
  if (select count(*) from log.detached_ranges d where d.range_no = 0) = 8 then
    raise exception 'no new ledger can be opened: the first range of every shard is detached'
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  loop
    v_no := nextval(pg_get_serial_sequence('log.ledgers', 'ledger_no'));
    exit when not exists (
      select from log.detached_ranges d
      where d.range_no = 0 and satisfies_hash_partition('log.entries'::regclass, 8, d.shard, v_no));
  end loop;
  insert into log.ledgers (ledger_no, tenant, ledger) overriding system value values (v_no, v_tenant, p_ledger);
  v_entry := p_head || ',"position":1,"prev":"' || encode(v_prev, 'hex')
    || '","recordedAt":"' || to_char(v_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    || '","revision":1,' || p_tail;
  v_hash := sha256('\x00'::bytea || convert_to(v_entry, 'UTF8'));
  insert into log.entries (ledger_no, revision, position, id, correlation_id, tenant, stream, type, hash, entry)
    values (v_no, 1, 1, p_id, nullif(p_correlation_id, p_id), v_tenant, p_stream, 'LedgerOpened', v_hash, v_entry);
  insert into log.heads (ledger_no, tenant, position, hash, control_counter, epoch, recorded_at)
    values (v_no, v_tenant, 1, v_hash, 0, 0, v_at);
  return true;
end
$$;
