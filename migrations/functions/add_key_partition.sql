-- Makes sure that the idempotency keys of a day (UTC) have their partition; drops those older than two days before it.
-- Called at start and daily, ahead of need; cheap when there is nothing to do.
create function log.add_key_partition(day date) returns void
language plpgsql security definer set search_path = pg_catalog, log, pg_temp as $$
#variable_conflict use_variable
declare
  leaf text := 'append_keys_' || to_char(day, 'YYYYMMDD');
  old_leaf text;
begin
  if to_regclass('log.' || leaf) is null then
    perform pg_advisory_xact_lock(hashtextextended('log.append_keys', 0));
    if to_regclass('log.' || leaf) is null then
      execute format(
        'create table log.%I partition of log.append_keys for values from (%L) to (%L)',
        leaf, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
      execute format('create unique index %I on log.%I (ledger_no, key)', leaf || '_key', leaf);
      execute format('grant select on log.%I to writ_app', leaf);
    end if;
  end if;
  -- A key lives 24 hours (DESIGN §7): two whole days later nobody can ask for it.
  for old_leaf in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'log.append_keys'::regclass and c.relname ~ '^append_keys_[0-9]{8}$'
      and c.relname < 'append_keys_' || to_char(day - 2, 'YYYYMMDD')
  loop
    execute format('drop table log.%I', old_leaf);
  end loop;
end
$$;
