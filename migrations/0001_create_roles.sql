-- why:   three roles, so that no running process can rewrite evidence: owner holds the tables, app executes and selects, reader selects
-- locks: none
-- up
do $$
declare
  role_name text;
begin
  foreach role_name in array array['writ_owner', 'writ_app', 'writ_reader'] loop
    -- Roles belong to the whole cluster: another database, or another starter a moment ago, may have made them.
    begin
      execute format('create role %I nologin', role_name);
    exception
      when duplicate_object or unique_violation then null;
    end;
  end loop;
  execute format('grant writ_owner, writ_app, writ_reader to %I', current_user);
  execute format('grant create on database %I to writ_owner', current_database());
end
$$;

-- The vector extension is optional: similar cases use it where it is installed, brute force elsewhere.
do $$
begin
  if exists (select from pg_available_extensions where name = 'vector') then
    create extension if not exists vector;
  end if;
end
$$;
-- down
do $$
begin
  execute format('revoke create on database %I from writ_owner', current_database());
end
$$;
drop extension if exists vector;
