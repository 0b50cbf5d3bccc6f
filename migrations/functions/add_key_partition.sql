-- Makes sure that the idempotency keys of a day (UTC) have their partition; drops those older than two days before it.
-- Called at start and daily, ahead of need; cheap when there is nothing to do.
create function log.add_key_partition(day date) returns void
language plpgsql security definer set search_path = pg_catalog, log, pg_temp as $$
#variable_conflict use_variable
declare
  leaf text := 'append_keys_' || to_char(day, 'YYYYMMDD');
  begins timestamptz := day::timestamp at time zone 'UTC';
  ends timestamptz := (day + 1)::timestamp at time zone 'UTC';
  old_leaf text;
begin
  if to_regclass('log.' || leaf) is null then
    perform pg_advisory_xact_lock(hashtextextended('log.append_keys', 0));
    if to_regclass('log.' || leaf) is null then
      -- The parent first, then its parts: the order in which appends lock them.
      lock table log.append_keys in access exclusive mode;
      -- Keys of that day that went to the default partition move over: a new partition may not overlap them.
      execute format('create table log.%I (like log.append_keys including defaults)', leaf);
      execute format(
        'with moved as (delete from log.append_keys_default where created_at >= %1$L and created_at < %2$L returning *)
         insert into log.%3$I select * from moved', begins, ends, leaf);
      execute format('create unique index %I on log.%I (ledger_no, key)', leaf || '_key', leaf);
      execute format(
        'alter table log.append_keys attach partition log.%I for values from (%L) to (%L)', leaf, begins, ends);
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
