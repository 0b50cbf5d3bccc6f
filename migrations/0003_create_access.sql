-- why:   API keys: who may call, for which tenant, with which scopes; only a keyed hash of the secret is stored
-- locks: none, all new
-- up
set local role writ_owner;
create schema access authorization writ_owner;
grant usage on schema access to writ_app;

create table access.api_keys (
  key_id text collate "C" not null,
  secret_hash bytea not null,          -- HMAC-SHA-256 under the server's pepper: worthless without it
  tenant text collate "C" not null,
  ledger text collate "C" not null,
  name text not null,
  actor_id uuid not null,              -- issued by Writ, so it may stand in an entry for ever
  actor_kind text collate "C" not null,
  scopes text[] not null,
  roles text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  constraint api_keys_pk primary key (key_id),
  constraint api_keys_key_id_form check (key_id ~ '^[0-9a-f]{24}$'),
  constraint api_keys_hash_length check (octet_length(secret_hash) = 32),
  constraint api_keys_ledger_form check (ledger ~ '^[a-z0-9][a-z0-9-]{0,38}/[a-z0-9][a-z0-9-]{0,38}$'),
  constraint api_keys_tenant_is_first_part check (tenant = split_part(ledger, '/', 1)),
  constraint api_keys_name_length check (char_length(name) between 1 and 100),
  constraint api_keys_actor_kind_known check (actor_kind in ('key', 'person')),
  constraint api_keys_scopes_count check (cardinality(scopes) between 1 and 64 and array_position(scopes, null) is null),
  constraint api_keys_roles_count check (cardinality(roles) <= 32 and array_position(roles, null) is null),
  constraint api_keys_expire_after_creation check (expires_at is null or expires_at > created_at)
);
create index api_keys_of_tenant on access.api_keys (tenant, created_at);
grant select on access.api_keys to writ_app;

-- include: functions/issue_key.sql
-- include: functions/revoke_key.sql

revoke execute on function access.issue_key, access.revoke_key from public;
grant execute on function access.issue_key, access.revoke_key to writ_app;
-- down
set local role writ_owner;
drop function access.revoke_key;
drop function access.issue_key;
drop table access.api_keys;
drop schema access;
