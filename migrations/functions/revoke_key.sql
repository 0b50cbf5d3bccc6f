-- True when the tenant has such a key; its first revocation stays.
create function access.revoke_key(p_tenant text, p_key_id text, p_revoked_at timestamptz) returns boolean
language sql security definer set search_path = pg_catalog, access, pg_temp as $$
  with revoked as (
    update access.api_keys set revoked_at = coalesce(revoked_at, p_revoked_at)
    where tenant = p_tenant and key_id = p_key_id
    returning 1
  )
  select exists (select from revoked)
$$;
