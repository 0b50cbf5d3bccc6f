-- The running process may issue and revoke, and nothing else: it cannot widen scopes, move a key to another tenant,
-- take a revocation back or replace a hash. A row put here without the pepper opens no door.
create function access.issue_key(
  p_key_id text, p_secret_hash bytea, p_tenant text, p_ledger text, p_name text,
  p_actor_id uuid, p_actor_kind text, p_scopes text[], p_roles text[],
  p_created_at timestamptz, p_expires_at timestamptz
) returns void
language sql security definer set search_path = pg_catalog, access, pg_temp as $$
  insert into access.api_keys
    (key_id, secret_hash, tenant, ledger, name, actor_id, actor_kind, scopes, roles, created_at, expires_at)
  values
    (p_key_id, p_secret_hash, p_tenant, p_ledger, p_name, p_actor_id, p_actor_kind, p_scopes, p_roles,
      p_created_at, p_expires_at)
$$;
