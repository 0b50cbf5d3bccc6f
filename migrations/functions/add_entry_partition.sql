-- Adds the leaf that holds positions [range_no * 64 Mi, (range_no + 1) * 64 Mi) of the ledgers in one hash partition.
-- A TRUNCATE trigger of a parent does not guard its partitions, and unique indexes without the partition key must be
-- made leaf by leaf: so both are made here, for each leaf.
create function log.add_entry_partition(shard integer, range_no integer) returns void
language plpgsql as $$
#variable_conflict use_variable
declare
  span constant bigint := 67108864;
  leaf text := format('entries_%s_%s', shard, range_no);
begin
  execute format(
    'create table log.%I partition of log.%I for values from (%s) to (%s)',
    leaf, 'entries_' || shard, range_no * span, (range_no + 1) * span);
  -- Entries stay in their row up to a page's worth: a second read for every decision would cost more than the space.
  execute format('alter table log.%I set (toast_tuple_target = 8160)', leaf);
  execute format('create unique index %I on log.%I (ledger_no, stream, revision)', leaf || '_stream_revision', leaf);
  execute format('create unique index %I on log.%I (ledger_no, id)', leaf || '_id', leaf);
  execute format('create index %I on log.%I (ledger_no, type, position)', leaf || '_type', leaf);
  execute format(
    'create index %I on log.%I (ledger_no, correlation_id, position) where correlation_id is not null',
    leaf || '_correlation', leaf);
  execute format(
    'create trigger %I before update or delete or truncate on log.%I for each statement execute function log.refuse_change()',
    leaf || '_append_only', leaf);
end
$$;
