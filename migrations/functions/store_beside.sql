-- What goes beside the entries of accepted appends, in the same transaction: sealed personal values, large values by
-- digest, registered event types.
create function log.store_beside(
  p_no integer, p_tenant text, p_statuses text, p_positions bigint[], p_sealed jsonb, p_attached jsonb, p_types jsonb
) returns void
language plpgsql set search_path = pg_catalog, log, pg_temp as $$
begin
  insert into log.sealed_values (ledger_no, tenant, event_id, pointer, key_id, nonce, ciphertext)
    select p_no, p_tenant, s.id, s.pointer, s.key, decode(s.nonce, 'base64'), decode(s.text, 'base64')
    from jsonb_to_recordset(coalesce(p_sealed, '[]')) s(a integer, id uuid, pointer text, key uuid, nonce text, text text)
    where substr(p_statuses, s.a, 1) = 'a';
  insert into log.attachments (ledger_no, tenant, digest, content)
    select distinct on (sha256(convert_to(x.content, 'UTF8'))) p_no, p_tenant, sha256(convert_to(x.content, 'UTF8')), x.content
    from jsonb_to_recordset(coalesce(p_attached, '[]')) x(a integer, content text)
    where substr(p_statuses, x.a, 1) = 'a'
    on conflict on constraint attachments_pk do nothing;
  insert into log.event_types (tenant, type, schema, ledger_no, position, digest, document)
    select p_tenant, t.type, t.schema, p_no, p_positions[t.event], decode(t.digest, 'hex'), t.document
    from jsonb_to_recordset(coalesce(p_types, '[]')) t(a integer, event integer, type text, schema integer, digest text, document jsonb)
    where substr(p_statuses, t.a, 1) = 'a';
end
$$;
