column access.api_keys.actor_id uuid not null
column access.api_keys.actor_kind text not null collate "C"
column access.api_keys.created_at timestamp with time zone not null
column access.api_keys.expires_at timestamp with time zone
column access.api_keys.key_id text not null collate "C"
column access.api_keys.ledger text not null collate "C"
column access.api_keys.name text not null
column access.api_keys.revoked_at timestamp with time zone
column access.api_keys.roles text[] not null
column access.api_keys.scopes text[] not null
column access.api_keys.secret_hash bytea not null
column access.api_keys.tenant text not null collate "C"
column log.append_keys.created_at timestamp with time zone not null
column log.append_keys.events integer not null
column log.append_keys.fingerprint bytea not null
column log.append_keys.first_position bigint not null
column log.append_keys.key bytea not null
column log.append_keys.ledger_no integer not null
column log.append_keys.tenant text not null collate "C"
column log.attachments.content text not null
column log.attachments.digest bytea not null
column log.attachments.ledger_no integer not null
column log.attachments.tenant text not null collate "C"
column log.cold_ends.frontier bytea not null
column log.cold_ends.hash bytea not null
column log.cold_ends.ledger_no integer not null
column log.cold_ends.position bigint not null
column log.cold_ends.tenant text not null collate "C"
column log.cold_ids.id uuid not null
column log.cold_ids.ledger_no integer not null
column log.cold_ids.position bigint not null
column log.cold_ids.request_mac bytea
column log.cold_ids.tenant text not null collate "C"
column log.cold_streams.ledger_no integer not null
column log.cold_streams.revision integer not null
column log.cold_streams.stream text not null collate "C"
column log.cold_streams.tenant text not null collate "C"
column log.control_entries.counter bigint not null
column log.control_entries.ledger_no integer not null
column log.control_entries.position bigint not null
column log.control_entries.tenant text not null collate "C"
column log.detached_ranges.detached_at timestamp with time zone not null default now()
column log.detached_ranges.entries bigint not null
column log.detached_ranges.range_no integer not null
column log.detached_ranges.shard integer not null
column log.entries.correlation_id uuid
column log.entries.entry text not null storage external
column log.entries.hash bytea not null
column log.entries.id uuid not null
column log.entries.ledger_no integer not null
column log.entries.position bigint not null
column log.entries.request_mac bytea
column log.entries.revision integer not null
column log.entries.stream text not null collate "C"
column log.entries.tenant text not null collate "C"
column log.entries.type text not null collate "C"
column log.event_types.digest bytea not null
column log.event_types.document jsonb not null
column log.event_types.ledger_no integer not null
column log.event_types.position bigint not null
column log.event_types.schema integer not null
column log.event_types.tenant text not null collate "C"
column log.event_types.type text not null collate "C"
column log.external_ids.event_id uuid not null
column log.external_ids.external_mac bytea not null
column log.external_ids.tenant text not null collate "C"
column log.heads.control_counter bigint not null
column log.heads.epoch integer not null
column log.heads.hash bytea not null
column log.heads.ledger_no integer not null
column log.heads.position bigint not null
column log.heads.recorded_at timestamp with time zone not null
column log.heads.tenant text not null collate "C"
column log.issued_ids.external_mac bytea not null
column log.issued_ids.issued_id uuid not null
column log.issued_ids.kind text not null collate "C"
column log.issued_ids.sealed_external bytea not null
column log.issued_ids.tenant text not null collate "C"
column log.kept_entries.correlation_id uuid
column log.kept_entries.entry text not null storage external
column log.kept_entries.hash bytea not null
column log.kept_entries.id uuid not null
column log.kept_entries.ledger_no integer not null
column log.kept_entries.position bigint not null
column log.kept_entries.request_mac bytea
column log.kept_entries.revision integer not null
column log.kept_entries.stream text not null collate "C"
column log.kept_entries.tenant text not null collate "C"
column log.kept_entries.type text not null collate "C"
column log.ledgers.ledger text not null collate "C"
column log.ledgers.ledger_no integer not null generated always as identity
column log.ledgers.tenant text not null collate "C"
column log.limit_counts.ledger_no integer not null
column log.limit_counts.name text not null collate "C"
column log.limit_counts.tenant text not null collate "C"
column log.limit_counts.used bigint not null
column log.limit_counts.window_start timestamp with time zone not null
column log.readable_entries.correlation_id uuid
column log.readable_entries.entry text
column log.readable_entries.hash bytea
column log.readable_entries.id uuid
column log.readable_entries.ledger_no integer
column log.readable_entries.position bigint
column log.readable_entries.request_mac bytea
column log.readable_entries.revision integer
column log.readable_entries.stream text collate "C"
column log.readable_entries.tenant text collate "C"
column log.readable_entries.type text collate "C"
column log.sealed_values.ciphertext bytea not null
column log.sealed_values.event_id uuid not null
column log.sealed_values.key_id uuid not null
column log.sealed_values.ledger_no integer not null
column log.sealed_values.nonce bytea not null
column log.sealed_values.pointer text not null collate "C"
column log.sealed_values.tenant text not null collate "C"
column log.subject_keys.created_at timestamp with time zone not null default now()
column log.subject_keys.key_id uuid not null
column log.subject_keys.subject_id uuid not null
column log.subject_keys.subject_type text not null collate "C"
column log.subject_keys.tenant text not null collate "C"
column log.subject_keys.wrapped bytea not null
column projection.builds.build integer not null
column projection.builds.indexed boolean not null
column projection.builds.name text not null collate "C"
column projection.builds.state text not null collate "C"
column projection.builds.tables text[] not null
column projection.builds.version integer not null
column projection.checkpoints.build integer not null
column projection.checkpoints.epoch bigint not null
column projection.checkpoints.held_until timestamp with time zone
column projection.checkpoints.holder uuid
column projection.checkpoints.ledger text not null collate "C"
column projection.checkpoints.name text not null collate "C"
column projection.checkpoints.position bigint not null
column projection.checkpoints.tenant text not null collate "C"
column projection.effects.kind text not null collate "C"
column projection.effects.ledger text not null collate "C"
column projection.effects.name text not null collate "C"
column projection.effects.no integer not null
column projection.effects.payload jsonb not null
column projection.effects.position bigint not null
column projection.effects.tenant text not null collate "C"
column projection.parked.attempts integer not null
column projection.parked.build integer not null
column projection.parked.ledger text not null collate "C"
column projection.parked.name text not null collate "C"
column projection.parked.position bigint not null
column projection.parked.reason text not null
column projection.parked.replay boolean not null default false
column projection.parked.tenant text not null collate "C"
column projection.parked.type text not null collate "C"
column projection.workers.holder uuid not null
column projection.workers.seen_at timestamp with time zone not null
column public.writ_migration.applied_at timestamp with time zone not null default now()
column public.writ_migration.applied_by text not null default CURRENT_USER
column public.writ_migration.digest text not null
column public.writ_migration.name text not null
constraint access.api_keys.api_keys_actor_kind_known CHECK ((actor_kind = ANY (ARRAY['key'::text, 'person'::text])))
constraint access.api_keys.api_keys_expire_after_creation CHECK (((expires_at IS NULL) OR (expires_at > created_at)))
constraint access.api_keys.api_keys_hash_length CHECK ((octet_length(secret_hash) = 32))
constraint access.api_keys.api_keys_key_id_form CHECK ((key_id ~ '^[0-9a-f]{24}$'::text))
constraint access.api_keys.api_keys_ledger_form CHECK ((ledger ~ '^[a-z0-9][a-z0-9-]{0,38}/[a-z0-9][a-z0-9-]{0,38}$'::text))
constraint access.api_keys.api_keys_name_length CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
constraint access.api_keys.api_keys_pk PRIMARY KEY (key_id)
constraint access.api_keys.api_keys_roles_count CHECK (((cardinality(roles) <= 32) AND (array_position(roles, NULL::text) IS NULL)))
constraint access.api_keys.api_keys_scopes_count CHECK ((((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 64)) AND (array_position(scopes, NULL::text) IS NULL)))
constraint access.api_keys.api_keys_tenant_is_first_part CHECK ((tenant = split_part(ledger, '/'::text, 1)))
constraint log.attachments.attachments_digest CHECK ((digest = sha256(convert_to(content, 'UTF8'::name))))
constraint log.attachments.attachments_pk PRIMARY KEY (ledger_no, digest)
constraint log.cold_ends.cold_ends_frontier_length CHECK (((octet_length(frontier) % 32) = 0))
constraint log.cold_ends.cold_ends_hash_length CHECK ((octet_length(hash) = 32))
constraint log.cold_ends.cold_ends_pk PRIMARY KEY (ledger_no)
constraint log.cold_ids.cold_ids_pk PRIMARY KEY (ledger_no, id)
constraint log.cold_streams.cold_streams_pk PRIMARY KEY (ledger_no, stream)
constraint log.control_entries.control_entries_pk PRIMARY KEY (ledger_no, counter)
constraint log.detached_ranges.detached_ranges_pk PRIMARY KEY (shard, range_no)
constraint log.entries.entries_pk PRIMARY KEY (ledger_no, "position")
constraint log.event_types.event_types_pk PRIMARY KEY (tenant, type, schema)
constraint log.external_ids.external_ids_pk PRIMARY KEY (tenant, external_mac)
constraint log.heads.heads_hash_length CHECK ((octet_length(hash) = 32))
constraint log.heads.heads_ledger_fk FOREIGN KEY (ledger_no) REFERENCES log.ledgers(ledger_no)
constraint log.heads.heads_pk PRIMARY KEY (ledger_no)
constraint log.issued_ids.issued_ids_issued_unique UNIQUE (tenant, issued_id)
constraint log.issued_ids.issued_ids_pk PRIMARY KEY (tenant, kind, external_mac)
constraint log.kept_entries.kept_entries_id_unique UNIQUE (ledger_no, id)
constraint log.kept_entries.kept_entries_pk PRIMARY KEY (ledger_no, "position")
constraint log.kept_entries.kept_entries_revision_unique UNIQUE (ledger_no, stream, revision)
constraint log.ledgers.ledgers_name_form CHECK ((ledger ~ '^[a-z0-9][a-z0-9-]{0,38}/[a-z0-9][a-z0-9-]{0,38}$'::text))
constraint log.ledgers.ledgers_name_unique UNIQUE (ledger)
constraint log.ledgers.ledgers_pk PRIMARY KEY (ledger_no)
constraint log.ledgers.ledgers_tenant_is_first_part CHECK ((tenant = split_part(ledger, '/'::text, 1)))
constraint log.limit_counts.limit_counts_pk PRIMARY KEY (ledger_no, name, window_start)
constraint log.sealed_values.sealed_values_nonce_length CHECK ((octet_length(nonce) = 12))
constraint log.sealed_values.sealed_values_pk PRIMARY KEY (ledger_no, event_id, pointer)
constraint log.subject_keys.subject_keys_pk PRIMARY KEY (key_id)
constraint log.subject_keys.subject_keys_subject_unique UNIQUE (tenant, subject_id)
constraint projection.builds.builds_pk PRIMARY KEY (name, build)
constraint projection.builds.builds_state_known CHECK ((state = ANY (ARRAY['building'::text, 'live'::text, 'retired'::text])))
constraint projection.checkpoints.checkpoints_build_fk FOREIGN KEY (name, build) REFERENCES projection.builds(name, build)
constraint projection.checkpoints.checkpoints_pk PRIMARY KEY (name, build, ledger)
constraint projection.effects.effects_pk PRIMARY KEY (name, ledger, "position", no)
constraint projection.parked.parked_build_fk FOREIGN KEY (name, build) REFERENCES projection.builds(name, build)
constraint projection.parked.parked_pk PRIMARY KEY (name, build, ledger, "position")
constraint projection.workers.workers_pk PRIMARY KEY (holder)
constraint public.writ_migration.writ_migration_pkey PRIMARY KEY (name)
function access.issue_key(p_key_id text, p_secret_hash bytea, p_tenant text, p_ledger text, p_name text, p_actor_id uuid, p_actor_kind text, p_scopes text[], p_roles text[], p_created_at timestamp with time zone, p_expires_at timestamp with time zone) returns void security definer volatile set search_path=pg_catalog, access, pg_temp b5debb22d06321a6bcff95cf2f0c384d
function access.revoke_key(p_tenant text, p_key_id text, p_revoked_at timestamp with time zone) returns boolean security definer volatile set search_path=pg_catalog, access, pg_temp e8f2db92a12933c8699002ddf2a1450d
function log.add_entry_partition(shard integer, range_no integer) returns void volatile 167f3268b306d8e3855a656ecac0c5e6
function log.add_entry_ranges() returns integer security definer volatile set search_path=pg_catalog, log, pg_temp 4560499e29c7f9970a62b943696864b8
function log.add_key_partition(day date) returns void security definer volatile set search_path=pg_catalog, log, pg_temp af137545c306c63eba93c1b3ac671eff
function log.append(p_ledger text, p_append_no integer[], p_stream_no integer[], p_expected integer[], p_ids uuid[], p_correlation_ids uuid[], p_types text[], p_heads text[], p_tails text[], p_macs bytea[], p_streams text[], p_keys bytea[], p_fingerprints bytea[], p_key_time timestamp with time zone, p_epochs integer[], p_counters bigint[], p_system_counters bigint[], p_key_append_no integer[], p_key_ids uuid[], p_read_append_no integer[], p_read_stream_no integer[], p_read_revisions integer[], p_limit_no integer[], p_limit_names text[], p_limit_windows timestamp with time zone[], p_limit_max bigint[], p_sealed jsonb, p_attached jsonb, p_types_registered jsonb) returns TABLE(base_position bigint, base_hash bytea, recorded_at text, statuses text, revisions integer[], hashes bytea, firsts bigint[], control_epoch integer, control_counter bigint, system_counter bigint) security definer volatile set search_path=pg_catalog, log, pg_temp, plan_cache_mode=force_generic_plan, enable_seqscan=off, enable_sort=off, jit=off 23a6853618e398a525aeebe1f1d99de8
function log.copy_cold_entries(p_ledger_no integer, p_to bigint) returns bigint security definer volatile set search_path=pg_catalog, log, pg_temp 44f49c2c3c2786c47041a33c8df615b1
function log.detach_range(p_shard integer, p_range_no integer) returns bigint security definer volatile set search_path=pg_catalog, log, pg_temp, lock_timeout=1s 76dd59873295a196c3d022c58d6bad63
function log.is_control(stream text, type text) returns boolean immutable e494f713ababf760324137b302594f3a
function log.open_ledger(p_ledger text, p_id uuid, p_correlation_id uuid, p_stream text, p_head text, p_tail text) returns boolean security definer volatile set search_path=pg_catalog, log, pg_temp 8ff9593c551d56a805eab1e0956f2004
function log.range_to_detach(p_shard integer, p_range_no integer) returns TABLE(ledger_no integer, ledger text, first_position bigint, last_position bigint) security definer volatile set search_path=pg_catalog, log, pg_temp b07452f31285477143723a6031541c9c
function log.record_controls(p_no integer, p_tenant text, p_counter bigint, p_stream_no integer[], p_streams text[], p_types text[], p_positions bigint[]) returns void volatile set search_path=pg_catalog, log, pg_temp 28145574af6535720311c71d05317925
function log.record_restore(p_ledger text, p_position bigint, p_epoch integer, p_id uuid, p_correlation_id uuid, p_stream text, p_head text, p_tail text) returns boolean security definer volatile set search_path=pg_catalog, log, pg_temp 90f4c4d30216f004857e03c3e24a4a4d
function log.refuse_change() returns trigger volatile 759ba4320933766ad81a2ceab01c83a8
function log.refuse_detach(p_shard integer, p_range_no integer) returns void volatile set search_path=pg_catalog, log, pg_temp 51d4f654e08c4cc5faec9bb6b27310c6
function log.store_beside(p_no integer, p_tenant text, p_statuses text, p_positions bigint[], p_sealed jsonb, p_attached jsonb, p_types jsonb) returns void volatile set search_path=pg_catalog, log, pg_temp 6c59bb37c14632a779dca8229610d289
grant EXECUTE on function access.issue_key(p_key_id text, p_secret_hash bytea, p_tenant text, p_ledger text, p_name text, p_actor_id uuid, p_actor_kind text, p_scopes text[], p_roles text[], p_created_at timestamp with time zone, p_expires_at timestamp with time zone) to writ_app
grant EXECUTE on function access.revoke_key(p_tenant text, p_key_id text, p_revoked_at timestamp with time zone) to writ_app
grant EXECUTE on function log.add_entry_ranges() to writ_app
grant EXECUTE on function log.add_key_partition(day date) to writ_app
grant EXECUTE on function log.append(p_ledger text, p_append_no integer[], p_stream_no integer[], p_expected integer[], p_ids uuid[], p_correlation_ids uuid[], p_types text[], p_heads text[], p_tails text[], p_macs bytea[], p_streams text[], p_keys bytea[], p_fingerprints bytea[], p_key_time timestamp with time zone, p_epochs integer[], p_counters bigint[], p_system_counters bigint[], p_key_append_no integer[], p_key_ids uuid[], p_read_append_no integer[], p_read_stream_no integer[], p_read_revisions integer[], p_limit_no integer[], p_limit_names text[], p_limit_windows timestamp with time zone[], p_limit_max bigint[], p_sealed jsonb, p_attached jsonb, p_types_registered jsonb) to writ_app
grant EXECUTE on function log.is_control(stream text, type text) to writ_app
grant EXECUTE on function log.is_control(stream text, type text) to writ_reader
grant EXECUTE on function log.open_ledger(p_ledger text, p_id uuid, p_correlation_id uuid, p_stream text, p_head text, p_tail text) to writ_app
grant INSERT on log.external_ids to writ_app
grant INSERT on log.issued_ids to writ_app
grant INSERT on log.subject_keys to writ_app
grant SELECT on access.api_keys to writ_app
grant SELECT on log.append_keys to writ_app
grant SELECT on log.append_keys to writ_projector
grant SELECT on log.append_keys_default to writ_app
grant SELECT on log.append_keys_default to writ_projector
grant SELECT on log.attachments to writ_app
grant SELECT on log.attachments to writ_projector
grant SELECT on log.attachments to writ_reader
grant SELECT on log.cold_ends to writ_app
grant SELECT on log.cold_ends to writ_projector
grant SELECT on log.cold_ends to writ_reader
grant SELECT on log.cold_ids to writ_app
grant SELECT on log.cold_ids to writ_projector
grant SELECT on log.cold_ids to writ_reader
grant SELECT on log.cold_streams to writ_app
grant SELECT on log.cold_streams to writ_projector
grant SELECT on log.cold_streams to writ_reader
grant SELECT on log.control_entries to writ_app
grant SELECT on log.control_entries to writ_projector
grant SELECT on log.control_entries to writ_reader
grant SELECT on log.detached_ranges to writ_app
grant SELECT on log.detached_ranges to writ_projector
grant SELECT on log.detached_ranges to writ_reader
grant SELECT on log.entries to writ_app
grant SELECT on log.entries to writ_projector
grant SELECT on log.entries to writ_reader
grant SELECT on log.entries_0 to writ_app
grant SELECT on log.entries_0 to writ_projector
grant SELECT on log.entries_0 to writ_reader
grant SELECT on log.entries_0_0 to writ_app
grant SELECT on log.entries_0_0 to writ_projector
grant SELECT on log.entries_0_0 to writ_reader
grant SELECT on log.entries_1 to writ_app
grant SELECT on log.entries_1 to writ_projector
grant SELECT on log.entries_1 to writ_reader
grant SELECT on log.entries_1_0 to writ_app
grant SELECT on log.entries_1_0 to writ_projector
grant SELECT on log.entries_1_0 to writ_reader
grant SELECT on log.entries_2 to writ_app
grant SELECT on log.entries_2 to writ_projector
grant SELECT on log.entries_2 to writ_reader
grant SELECT on log.entries_2_0 to writ_app
grant SELECT on log.entries_2_0 to writ_projector
grant SELECT on log.entries_2_0 to writ_reader
grant SELECT on log.entries_3 to writ_app
grant SELECT on log.entries_3 to writ_projector
grant SELECT on log.entries_3 to writ_reader
grant SELECT on log.entries_3_0 to writ_app
grant SELECT on log.entries_3_0 to writ_projector
grant SELECT on log.entries_3_0 to writ_reader
grant SELECT on log.entries_4 to writ_app
grant SELECT on log.entries_4 to writ_projector
grant SELECT on log.entries_4 to writ_reader
grant SELECT on log.entries_4_0 to writ_app
grant SELECT on log.entries_4_0 to writ_projector
grant SELECT on log.entries_4_0 to writ_reader
grant SELECT on log.entries_5 to writ_app
grant SELECT on log.entries_5 to writ_projector
grant SELECT on log.entries_5 to writ_reader
grant SELECT on log.entries_5_0 to writ_app
grant SELECT on log.entries_5_0 to writ_projector
grant SELECT on log.entries_5_0 to writ_reader
grant SELECT on log.entries_6 to writ_app
grant SELECT on log.entries_6 to writ_projector
grant SELECT on log.entries_6 to writ_reader
grant SELECT on log.entries_6_0 to writ_app
grant SELECT on log.entries_6_0 to writ_projector
grant SELECT on log.entries_6_0 to writ_reader
grant SELECT on log.entries_7 to writ_app
grant SELECT on log.entries_7 to writ_projector
grant SELECT on log.entries_7 to writ_reader
grant SELECT on log.entries_7_0 to writ_app
grant SELECT on log.entries_7_0 to writ_projector
grant SELECT on log.entries_7_0 to writ_reader
grant SELECT on log.event_types to writ_app
grant SELECT on log.event_types to writ_projector
grant SELECT on log.event_types to writ_reader
grant SELECT on log.external_ids to writ_app
grant SELECT on log.external_ids to writ_projector
grant SELECT on log.heads to writ_app
grant SELECT on log.heads to writ_projector
grant SELECT on log.heads to writ_reader
grant SELECT on log.issued_ids to writ_app
grant SELECT on log.issued_ids to writ_projector
grant SELECT on log.kept_entries to writ_app
grant SELECT on log.kept_entries to writ_projector
grant SELECT on log.kept_entries to writ_reader
grant SELECT on log.ledgers to writ_app
grant SELECT on log.ledgers to writ_projector
grant SELECT on log.ledgers to writ_reader
grant SELECT on log.limit_counts to writ_app
grant SELECT on log.limit_counts to writ_projector
grant SELECT on log.limit_counts to writ_reader
grant SELECT on log.readable_entries to writ_app
grant SELECT on log.readable_entries to writ_projector
grant SELECT on log.readable_entries to writ_reader
grant SELECT on log.sealed_values to writ_app
grant SELECT on log.sealed_values to writ_projector
grant SELECT on log.subject_keys to writ_app
grant SELECT on log.subject_keys to writ_projector
grant SELECT on projection.builds to writ_app
grant SELECT on projection.builds to writ_reader
grant SELECT on projection.checkpoints to writ_app
grant SELECT on projection.checkpoints to writ_reader
grant SELECT on projection.effects to writ_app
grant SELECT on projection.effects to writ_reader
grant SELECT on projection.parked to writ_app
grant SELECT on projection.parked to writ_reader
grant SELECT on projection.workers to writ_app
grant SELECT on projection.workers to writ_reader
grant SELECT on public.writ_migration to public
grant USAGE on schema access to writ_app
grant USAGE on schema log to writ_app
grant USAGE on schema log to writ_projector
grant USAGE on schema log to writ_reader
grant USAGE on schema projection to writ_app
grant USAGE on schema projection to writ_owner
grant USAGE on schema projection to writ_reader
index CREATE INDEX api_keys_of_tenant ON access.api_keys USING btree (tenant, created_at)
index CREATE INDEX entries_0_0_correlation ON log.entries_0_0 USING btree (ledger_no, correlation_id, "position") WHERE (correlation_id IS NOT NULL)
index CREATE INDEX entries_0_0_type ON log.entries_0_0 USING btree (ledger_no, type, "position")
index CREATE INDEX entries_1_0_correlation ON log.entries_1_0 USING btree (ledger_no, correlation_id, "position") WHERE (correlation_id IS NOT NULL)
index CREATE INDEX entries_1_0_type ON log.entries_1_0 USING btree (ledger_no, type, "position")
index CREATE INDEX entries_2_0_correlation ON log.entries_2_0 USING btree (ledger_no, correlation_id, "position") WHERE (correlation_id IS NOT NULL)
index CREATE INDEX entries_2_0_type ON log.entries_2_0 USING btree (ledger_no, type, "position")
index CREATE INDEX entries_3_0_correlation ON log.entries_3_0 USING btree (ledger_no, correlation_id, "position") WHERE (correlation_id IS NOT NULL)
index CREATE INDEX entries_3_0_type ON log.entries_3_0 USING btree (ledger_no, type, "position")
index CREATE INDEX entries_4_0_correlation ON log.entries_4_0 USING btree (ledger_no, correlation_id, "position") WHERE (correlation_id IS NOT NULL)
index CREATE INDEX entries_4_0_type ON log.entries_4_0 USING btree (ledger_no, type, "position")
index CREATE INDEX entries_5_0_correlation ON log.entries_5_0 USING btree (ledger_no, correlation_id, "position") WHERE (correlation_id IS NOT NULL)
index CREATE INDEX entries_5_0_type ON log.entries_5_0 USING btree (ledger_no, type, "position")
index CREATE INDEX entries_6_0_correlation ON log.entries_6_0 USING btree (ledger_no, correlation_id, "position") WHERE (correlation_id IS NOT NULL)
index CREATE INDEX entries_6_0_type ON log.entries_6_0 USING btree (ledger_no, type, "position")
index CREATE INDEX entries_7_0_correlation ON log.entries_7_0 USING btree (ledger_no, correlation_id, "position") WHERE (correlation_id IS NOT NULL)
index CREATE INDEX entries_7_0_type ON log.entries_7_0 USING btree (ledger_no, type, "position")
index CREATE INDEX kept_entries_type ON log.kept_entries USING btree (ledger_no, type, "position")
index CREATE INDEX sealed_values_key ON log.sealed_values USING btree (key_id)
index CREATE UNIQUE INDEX api_keys_pk ON access.api_keys USING btree (key_id)
index CREATE UNIQUE INDEX append_keys_default_key ON log.append_keys_default USING btree (ledger_no, key, created_at)
index CREATE UNIQUE INDEX attachments_pk ON log.attachments USING btree (ledger_no, digest)
index CREATE UNIQUE INDEX builds_one_building ON projection.builds USING btree (name) WHERE (state = 'building'::text)
index CREATE UNIQUE INDEX builds_one_live ON projection.builds USING btree (name) WHERE (state = 'live'::text)
index CREATE UNIQUE INDEX builds_pk ON projection.builds USING btree (name, build)
index CREATE UNIQUE INDEX checkpoints_pk ON projection.checkpoints USING btree (name, build, ledger)
index CREATE UNIQUE INDEX cold_ends_pk ON log.cold_ends USING btree (ledger_no)
index CREATE UNIQUE INDEX cold_ids_pk ON log.cold_ids USING btree (ledger_no, id)
index CREATE UNIQUE INDEX cold_streams_pk ON log.cold_streams USING btree (ledger_no, stream)
index CREATE UNIQUE INDEX control_entries_pk ON log.control_entries USING btree (ledger_no, counter)
index CREATE UNIQUE INDEX detached_ranges_pk ON log.detached_ranges USING btree (shard, range_no)
index CREATE UNIQUE INDEX effects_pk ON projection.effects USING btree (name, ledger, "position", no)
index CREATE UNIQUE INDEX entries_0_0_id ON log.entries_0_0 USING btree (ledger_no, id)
index CREATE UNIQUE INDEX entries_0_0_stream_revision ON log.entries_0_0 USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX entries_1_0_id ON log.entries_1_0 USING btree (ledger_no, id)
index CREATE UNIQUE INDEX entries_1_0_stream_revision ON log.entries_1_0 USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX entries_2_0_id ON log.entries_2_0 USING btree (ledger_no, id)
index CREATE UNIQUE INDEX entries_2_0_stream_revision ON log.entries_2_0 USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX entries_3_0_id ON log.entries_3_0 USING btree (ledger_no, id)
index CREATE UNIQUE INDEX entries_3_0_stream_revision ON log.entries_3_0 USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX entries_4_0_id ON log.entries_4_0 USING btree (ledger_no, id)
index CREATE UNIQUE INDEX entries_4_0_stream_revision ON log.entries_4_0 USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX entries_5_0_id ON log.entries_5_0 USING btree (ledger_no, id)
index CREATE UNIQUE INDEX entries_5_0_stream_revision ON log.entries_5_0 USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX entries_6_0_id ON log.entries_6_0 USING btree (ledger_no, id)
index CREATE UNIQUE INDEX entries_6_0_stream_revision ON log.entries_6_0 USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX entries_7_0_id ON log.entries_7_0 USING btree (ledger_no, id)
index CREATE UNIQUE INDEX entries_7_0_stream_revision ON log.entries_7_0 USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX entries_pk ON ONLY log.entries USING btree (ledger_no, "position")
index CREATE UNIQUE INDEX event_types_pk ON log.event_types USING btree (tenant, type, schema)
index CREATE UNIQUE INDEX external_ids_pk ON log.external_ids USING btree (tenant, external_mac)
index CREATE UNIQUE INDEX heads_pk ON log.heads USING btree (ledger_no)
index CREATE UNIQUE INDEX issued_ids_issued_unique ON log.issued_ids USING btree (tenant, issued_id)
index CREATE UNIQUE INDEX issued_ids_pk ON log.issued_ids USING btree (tenant, kind, external_mac)
index CREATE UNIQUE INDEX kept_entries_id_unique ON log.kept_entries USING btree (ledger_no, id)
index CREATE UNIQUE INDEX kept_entries_pk ON log.kept_entries USING btree (ledger_no, "position")
index CREATE UNIQUE INDEX kept_entries_revision_unique ON log.kept_entries USING btree (ledger_no, stream, revision)
index CREATE UNIQUE INDEX ledgers_name_unique ON log.ledgers USING btree (ledger)
index CREATE UNIQUE INDEX ledgers_pk ON log.ledgers USING btree (ledger_no)
index CREATE UNIQUE INDEX limit_counts_pk ON log.limit_counts USING btree (ledger_no, name, window_start)
index CREATE UNIQUE INDEX parked_pk ON projection.parked USING btree (name, build, ledger, "position")
index CREATE UNIQUE INDEX sealed_values_pk ON log.sealed_values USING btree (ledger_no, event_id, pointer)
index CREATE UNIQUE INDEX subject_keys_pk ON log.subject_keys USING btree (key_id)
index CREATE UNIQUE INDEX subject_keys_subject_unique ON log.subject_keys USING btree (tenant, subject_id)
index CREATE UNIQUE INDEX workers_pk ON projection.workers USING btree (holder)
index CREATE UNIQUE INDEX writ_migration_pkey ON public.writ_migration USING btree (name)
schema access
schema log
schema projection
schema public
sequence log.ledgers_ledger_no_seq integer increment 1 from 1
table access.api_keys
table log.append_keys partition by RANGE (created_at)
table log.append_keys_default partition of log.append_keys DEFAULT
table log.attachments
table log.cold_ends
table log.cold_ids
table log.cold_streams
table log.control_entries
table log.detached_ranges
table log.entries partition by HASH (ledger_no)
table log.entries_0 partition by RANGE ("position") partition of log.entries FOR VALUES WITH (modulus 8, remainder 0)
table log.entries_0_0 partition of log.entries_0 FOR VALUES FROM ('0') TO ('67108864') with (toast_tuple_target=8160)
table log.entries_1 partition by RANGE ("position") partition of log.entries FOR VALUES WITH (modulus 8, remainder 1)
table log.entries_1_0 partition of log.entries_1 FOR VALUES FROM ('0') TO ('67108864') with (toast_tuple_target=8160)
table log.entries_2 partition by RANGE ("position") partition of log.entries FOR VALUES WITH (modulus 8, remainder 2)
table log.entries_2_0 partition of log.entries_2 FOR VALUES FROM ('0') TO ('67108864') with (toast_tuple_target=8160)
table log.entries_3 partition by RANGE ("position") partition of log.entries FOR VALUES WITH (modulus 8, remainder 3)
table log.entries_3_0 partition of log.entries_3 FOR VALUES FROM ('0') TO ('67108864') with (toast_tuple_target=8160)
table log.entries_4 partition by RANGE ("position") partition of log.entries FOR VALUES WITH (modulus 8, remainder 4)
table log.entries_4_0 partition of log.entries_4 FOR VALUES FROM ('0') TO ('67108864') with (toast_tuple_target=8160)
table log.entries_5 partition by RANGE ("position") partition of log.entries FOR VALUES WITH (modulus 8, remainder 5)
table log.entries_5_0 partition of log.entries_5 FOR VALUES FROM ('0') TO ('67108864') with (toast_tuple_target=8160)
table log.entries_6 partition by RANGE ("position") partition of log.entries FOR VALUES WITH (modulus 8, remainder 6)
table log.entries_6_0 partition of log.entries_6 FOR VALUES FROM ('0') TO ('67108864') with (toast_tuple_target=8160)
table log.entries_7 partition by RANGE ("position") partition of log.entries FOR VALUES WITH (modulus 8, remainder 7)
table log.entries_7_0 partition of log.entries_7 FOR VALUES FROM ('0') TO ('67108864') with (toast_tuple_target=8160)
table log.event_types
table log.external_ids
table log.heads with (fillfactor=10, autovacuum_vacuum_threshold=200, autovacuum_vacuum_scale_factor=0)
table log.issued_ids
table log.kept_entries
table log.ledgers
table log.limit_counts with (fillfactor=50)
table log.readable_entries
table log.sealed_values
table log.subject_keys
table projection.builds
table projection.checkpoints with (fillfactor=50, autovacuum_vacuum_threshold=200, autovacuum_vacuum_scale_factor=0)
table projection.effects
table projection.parked
table projection.workers
table public.writ_migration
trigger log.attachments.attachments_append_only CREATE TRIGGER attachments_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.attachments FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.cold_ends.cold_ends_stay CREATE TRIGGER cold_ends_stay BEFORE DELETE OR TRUNCATE ON log.cold_ends FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.cold_ids.cold_ids_append_only CREATE TRIGGER cold_ids_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.cold_ids FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.cold_streams.cold_streams_stay CREATE TRIGGER cold_streams_stay BEFORE DELETE OR TRUNCATE ON log.cold_streams FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.control_entries.control_entries_append_only CREATE TRIGGER control_entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.control_entries FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.detached_ranges.detached_ranges_append_only CREATE TRIGGER detached_ranges_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.detached_ranges FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries.entries_append_only CREATE TRIGGER entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_0.entries_0_append_only CREATE TRIGGER entries_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_0_0.entries_0_0_append_only CREATE TRIGGER entries_0_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_0_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_1.entries_1_append_only CREATE TRIGGER entries_1_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_1 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_1_0.entries_1_0_append_only CREATE TRIGGER entries_1_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_1_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_2.entries_2_append_only CREATE TRIGGER entries_2_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_2 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_2_0.entries_2_0_append_only CREATE TRIGGER entries_2_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_2_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_3.entries_3_append_only CREATE TRIGGER entries_3_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_3 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_3_0.entries_3_0_append_only CREATE TRIGGER entries_3_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_3_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_4.entries_4_append_only CREATE TRIGGER entries_4_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_4 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_4_0.entries_4_0_append_only CREATE TRIGGER entries_4_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_4_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_5.entries_5_append_only CREATE TRIGGER entries_5_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_5 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_5_0.entries_5_0_append_only CREATE TRIGGER entries_5_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_5_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_6.entries_6_append_only CREATE TRIGGER entries_6_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_6 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_6_0.entries_6_0_append_only CREATE TRIGGER entries_6_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_6_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_7.entries_7_append_only CREATE TRIGGER entries_7_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_7 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.entries_7_0.entries_7_0_append_only CREATE TRIGGER entries_7_0_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.entries_7_0 FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.heads.heads_stay CREATE TRIGGER heads_stay BEFORE DELETE OR TRUNCATE ON log.heads FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.kept_entries.kept_entries_append_only CREATE TRIGGER kept_entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.kept_entries FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
trigger log.ledgers.ledgers_append_only CREATE TRIGGER ledgers_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.ledgers FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
view log.readable_entries 4dc03169f6b30ab04c52191f20fdfbdb
