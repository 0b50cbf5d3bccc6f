-- why:   the append-only, hash-chained log: the one write model everything else is folded from (DESIGN §4, ADR-0003, ADR-0004)
-- locks: none, all new
-- up
set local role writ_owner;
create schema log authorization writ_owner;
grant usage on schema log to writ_app, writ_reader;

-- A ledger is known by a small number inside the log: index entries stay short, and the name lives once.
create table log.ledgers (
  ledger_no integer generated always as identity,
  tenant text collate "C" not null,
  ledger text collate "C" not null,
  constraint ledgers_pk primary key (ledger_no),
  constraint ledgers_name_unique unique (ledger),
  constraint ledgers_name_form check (ledger ~ '^[a-z0-9][a-z0-9-]{0,38}/[a-z0-9][a-z0-9-]{0,38}$'),
  constraint ledgers_tenant_is_first_part check (tenant = split_part(ledger, '/', 1))
);

-- One churning row a ledger: mostly empty pages keep every update on its page (HOT), eager vacuum keeps it there.
create table log.heads (
  ledger_no integer not null,
  tenant text collate "C" not null,
  position bigint not null,
  hash bytea not null,
  control_counter bigint not null,
  epoch integer not null,
  recorded_at timestamptz not null,
  constraint heads_pk primary key (ledger_no),
  constraint heads_ledger_fk foreign key (ledger_no) references log.ledgers (ledger_no),
  constraint heads_hash_length check (octet_length(hash) = 32)
) with (fillfactor = 10, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- `entry` is the evidence; every other column is a copy that `writ log verify` compares with it, except request_mac.
create table log.entries (
  ledger_no integer not null,
  revision integer not null,
  position bigint not null,
  id uuid not null,
  correlation_id uuid,               -- null when it is the event's own id: most events start their own correlation
  tenant text collate "C" not null,
  stream text collate "C" not null,
  type text collate "C" not null,
  hash bytea not null,
  request_mac bytea,                 -- tells a repeat from a reuse; keyed, 16 bytes, outside the chain
  entry text not null,
  constraint entries_pk primary key (ledger_no, position)
) partition by hash (ledger_no);
-- Never compressed: pglz costs more time than the bytes are worth, and an entry is read as often as it is written.
alter table log.entries alter column entry set storage external;

create table log.control_entries (
  ledger_no integer not null,
  tenant text collate "C" not null,
  counter bigint not null,
  position bigint not null,
  constraint control_entries_pk primary key (ledger_no, counter)
);

-- Range partitions of positions that were detached keep their ids and stream ends here, so that a repeat of a cold
-- event is still found and revisions go on (ADR-0004).
create table log.cold_ids (
  ledger_no integer not null,
  tenant text collate "C" not null,
  id uuid not null,
  position bigint not null,
  request_mac bytea,
  constraint cold_ids_pk primary key (ledger_no, id)
);
create table log.cold_streams (
  ledger_no integer not null,
  tenant text collate "C" not null,
  stream text collate "C" not null,
  revision integer not null,
  constraint cold_streams_pk primary key (ledger_no, stream)
);

-- Idempotency keys live apart from the evidence, by day, and are dropped with their day.
create table log.append_keys (
  ledger_no integer not null,
  created_at timestamptz not null,
  first_position bigint not null,
  events integer not null,
  tenant text collate "C" not null,
  key bytea not null,
  fingerprint bytea not null
) partition by range (created_at);

-- Days without a partition of their own (a replay clock, a worker that slept) still find a place.
create table log.append_keys_default partition of log.append_keys default;
create unique index append_keys_default_key on log.append_keys_default (ledger_no, key, created_at);

-- How often a limited level was used in a window: "perDay" of an autonomy band, counted inside the append.
create table log.limit_counts (
  ledger_no integer not null,
  tenant text collate "C" not null,
  name text collate "C" not null,
  window_start timestamptz not null,
  used bigint not null,
  constraint limit_counts_pk primary key (ledger_no, name, window_start)
) with (fillfactor = 50);

-- Values too large for an entry, by the SHA-256 of their canonical JSON; written with the entry that names them.
create table log.attachments (
  ledger_no integer not null,
  tenant text collate "C" not null,
  digest bytea not null,
  content text not null,
  constraint attachments_pk primary key (ledger_no, digest),
  constraint attachments_digest check (digest = sha256(convert_to(content, 'UTF8')))
);

create table log.event_types (
  tenant text collate "C" not null,
  type text collate "C" not null,
  schema integer not null,
  ledger_no integer not null,
  position bigint not null,
  digest bytea not null,
  document jsonb not null,
  constraint event_types_pk primary key (tenant, type, schema)
);

-- Values of personal fields, sealed under the subject's key. Deletable on purpose: it is what erasure deletes.
create table log.sealed_values (
  ledger_no integer not null,
  tenant text collate "C" not null,
  event_id uuid not null,
  pointer text collate "C" not null,
  key_id uuid not null,
  nonce bytea not null,
  ciphertext bytea not null,
  constraint sealed_values_pk primary key (ledger_no, event_id, pointer),
  constraint sealed_values_nonce_length check (octet_length(nonce) = 12)
);
create index sealed_values_key on log.sealed_values (key_id);

create table log.subject_keys (
  key_id uuid not null,
  tenant text collate "C" not null,
  subject_type text collate "C" not null,
  subject_id uuid not null,
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  constraint subject_keys_pk primary key (key_id),
  constraint subject_keys_subject_unique unique (tenant, subject_id)
);

-- Ids that Writ issued for subjects and actors of personal kinds; deleting the row makes the id anonymous.
create table log.issued_ids (
  tenant text collate "C" not null,
  kind text collate "C" not null,
  external_mac bytea not null,
  issued_id uuid not null,
  sealed_external bytea not null,
  constraint issued_ids_pk primary key (tenant, kind, external_mac),
  constraint issued_ids_issued_unique unique (tenant, issued_id)
);

-- Ids of producers that send no time: (source, id) -> the issued event id, for ever (DESIGN §4.2).
create table log.external_ids (
  tenant text collate "C" not null,
  external_mac bytea not null,
  event_id uuid not null,
  constraint external_ids_pk primary key (tenant, external_mac)
);

-- include: functions/refuse_change.sql
-- include: functions/add_entry_partition.sql
-- include: functions/add_entry_ranges.sql
-- include: functions/add_key_partition.sql
-- include: functions/open_ledger.sql
-- include: functions/is_control.sql
-- include: functions/record_controls.sql
-- include: functions/store_beside.sql
-- include: functions/append.sql

create trigger ledgers_append_only before update or delete or truncate on log.ledgers
  for each statement execute function log.refuse_change();
create trigger control_entries_append_only before update or delete or truncate on log.control_entries
  for each statement execute function log.refuse_change();
create trigger attachments_append_only before update or delete or truncate on log.attachments
  for each statement execute function log.refuse_change();
create trigger heads_stay before delete or truncate on log.heads
  for each statement execute function log.refuse_change();
create trigger entries_append_only before update or delete or truncate on log.entries
  for each statement execute function log.refuse_change();

do $$
begin
  for shard in 0..7 loop
    execute format(
      'create table log.entries_%s partition of log.entries for values with (modulus 8, remainder %s) partition by range (position)',
      shard, shard);
    -- A statement trigger fires for the table that the statement names: each level of partitions needs its own.
    execute format(
      'create trigger entries_%s_append_only before update or delete or truncate on log.entries_%s for each statement execute function log.refuse_change()',
      shard, shard);
    perform log.add_entry_partition(shard, 0);
  end loop;
end
$$;

grant select on all tables in schema log to writ_app, writ_reader;
revoke select on log.sealed_values, log.subject_keys, log.issued_ids, log.append_keys, log.append_keys_default,
  log.external_ids from writ_reader;
revoke all on all functions in schema log from public;
grant execute on function log.append, log.open_ledger, log.add_key_partition, log.add_entry_ranges to writ_app;
grant execute on function log.is_control to writ_app, writ_reader;
grant insert on log.subject_keys, log.issued_ids, log.external_ids to writ_app;
-- down
drop schema log cascade;
