-- why:   a ledger of years must be able to put its oldest positions away and still know their ids, revisions, chain and
--        controls (DESIGN §4.3, ADR-0004); a restore must be able to say so in the ledger (DESIGN §4.1)
-- locks: short exclusive lock on log.cold_ids for its trigger; else none, all new
-- up
set local role writ_owner;

-- Where a ledger's attached positions begin: the last one detached, its hash (`prev` of the next), and the right edge
-- of the RFC 6962 tree of that size, 32 bytes a peak, the largest first. With it the tree grows on, and an anchor
-- beyond the range still proves that nothing in it was another.
create table log.cold_ends (
  ledger_no integer not null,
  tenant text collate "C" not null,
  position bigint not null,
  hash bytea not null,
  frontier bytea not null,
  constraint cold_ends_pk primary key (ledger_no),
  constraint cold_ends_hash_length check (octet_length(hash) = 32),
  constraint cold_ends_frontier_length check (octet_length(frontier) % 32 = 0)
);

create table log.detached_ranges (
  shard integer not null,
  range_no integer not null,
  entries bigint not null,
  detached_at timestamptz not null default now(),
  constraint detached_ranges_pk primary key (shard, range_no)
);

-- Entries of detached ranges that Writ itself still folds: without them a kill switch set years ago would be forgotten.
create table log.kept_entries (
  ledger_no integer not null,
  revision integer not null,
  position bigint not null,
  id uuid not null,
  correlation_id uuid,
  tenant text collate "C" not null,
  stream text collate "C" not null,
  type text collate "C" not null,
  hash bytea not null,
  request_mac bytea,
  entry text not null,
  constraint kept_entries_pk primary key (ledger_no, position),
  constraint kept_entries_id_unique unique (ledger_no, id),
  constraint kept_entries_revision_unique unique (ledger_no, stream, revision)
);
alter table log.kept_entries alter column entry set storage external;
create index kept_entries_type on log.kept_entries (ledger_no, type, position);

-- What can be read of a ledger. Pages of positions go by log.entries alone: there a gap must show as one.
create view log.readable_entries as
  select ledger_no, revision, position, id, correlation_id, tenant, stream, type, hash, request_mac, entry
  from log.entries
  union all
  select ledger_no, revision, position, id, correlation_id, tenant, stream, type, hash, request_mac, entry
  from log.kept_entries;

create trigger cold_ids_append_only before update or delete or truncate on log.cold_ids
  for each statement execute function log.refuse_change();
create trigger kept_entries_append_only before update or delete or truncate on log.kept_entries
  for each statement execute function log.refuse_change();
create trigger detached_ranges_append_only before update or delete or truncate on log.detached_ranges
  for each statement execute function log.refuse_change();
create trigger cold_ends_stay before delete or truncate on log.cold_ends
  for each statement execute function log.refuse_change();
create trigger cold_streams_stay before delete or truncate on log.cold_streams
  for each statement execute function log.refuse_change();

-- include: functions/refuse_detach.sql
-- include: functions/range_to_detach.sql
-- include: functions/copy_cold_entries.sql
-- include: functions/detach_range.sql
-- include: functions/record_restore.sql
drop function log.open_ledger;
-- include: functions/open_ledger_beside_cold.sql

grant select on log.cold_ends, log.detached_ranges, log.kept_entries, log.readable_entries to writ_app, writ_reader;
revoke all on function log.refuse_detach, log.range_to_detach, log.copy_cold_entries, log.detach_range,
  log.record_restore, log.open_ledger from public;
grant execute on function log.open_ledger to writ_app;
-- down
set local role writ_owner;
do $$
begin
  -- Without these tables the log would take the range for lost, and repeats of its events for new ones.
  if exists (select from log.detached_ranges) then
    raise exception 'ranges were detached: their ids and ends cannot be dropped'
      using errcode = 'object_not_in_prerequisite_state';
  end if;
end
$$;
drop function log.open_ledger;
-- include: functions/open_ledger.sql
revoke all on function log.open_ledger from public;
grant execute on function log.open_ledger to writ_app;
drop function log.record_restore;
drop function log.detach_range;
drop function log.copy_cold_entries;
drop function log.range_to_detach;
drop function log.refuse_detach;
drop trigger cold_ids_append_only on log.cold_ids;
drop trigger cold_streams_stay on log.cold_streams;
drop view log.readable_entries;
drop table log.kept_entries;
drop table log.detached_ranges;
drop table log.cold_ends;
