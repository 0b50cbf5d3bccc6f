-- Appends a batch to one ledger in one call: the heart of the log (DESIGN §4.3, ADR-0003, ADR-0005).
--
-- A batch holds `appends` (all or none each) of one or several events. Arrays carry events in order of arrival;
-- p_append_no says which append an event belongs to (1-based, rising, none missing). Streams are numbered once a batch:
-- p_stream_no points into p_streams. Caller's duty: no key and no event id stands twice in one batch (the committer
-- leaves the second for its next batch); broken, the unique indexes fail the whole batch and nothing is written.
--
-- Returns one row:
--   base_position  head before this batch; the k-th event accepted has position base_position + k
--   base_hash      its hash, so `prev` of the first event accepted
--   recorded_at    the text written into every entry of the batch
--   statuses       one letter an append: a appended, d duplicate, k key-reused, i id-reused, s stale-control,
--                  p stale-key, c conflict, l over-limit, u unknown-ledger
--   revisions      one integer an event: its revision if accepted; the actual revision of its stream if 'c'; else 0
--   hashes         32 bytes an accepted event, in order
--   firsts         one bigint an append: position of the first event stored before, for 'd'; else 0
--   control        epoch and control counter of the ledger, control counter of system/control
--
-- VOLATILE at READ COMMITTED on purpose: each statement has its own snapshot, taken after the lock. In REPEATABLE READ
-- the reads after the wait would see the past, so that is refused.
create function log.append(
  p_ledger text,
  p_append_no integer[], p_stream_no integer[], p_expected integer[],
  p_ids uuid[], p_correlation_ids uuid[], p_types text[], p_heads text[], p_tails text[], p_macs bytea[],
  p_streams text[],
  p_keys bytea[], p_fingerprints bytea[], p_key_time timestamptz,
  p_epochs integer[], p_counters bigint[], p_system_counters bigint[],
  -- Personal keys that must exist: append number and key, side by side.
  p_key_append_no integer[] default null, p_key_ids uuid[] default null,
  -- Streams only read, with the revision they must still have: append number, stream number, revision.
  p_read_append_no integer[] default null, p_read_stream_no integer[] default null, p_read_revisions integer[] default null,
  -- Limits, numbered once a batch; p_limit_no says which one an append uses up (null: none), p_limit_max how far it may.
  p_limit_no integer[] default null, p_limit_names text[] default null, p_limit_windows timestamptz[] default null,
  p_limit_max bigint[] default null,
  -- Rare parts: null when no append of the batch has any.
  p_sealed jsonb default null,   -- [{a: append, id, pointer, key, nonce: base64, text: base64}]
  p_attached jsonb default null, -- [{a, content}]
  p_types_registered jsonb default null -- [{a, event: index of the event, type, schema, document}]
) returns table (
  base_position bigint, base_hash bytea, recorded_at text, statuses text, revisions integer[], hashes bytea,
  firsts bigint[], control_epoch integer, control_counter bigint, system_counter bigint
)
language plpgsql security definer
set search_path = pg_catalog, log, pg_temp
set plan_cache_mode = force_generic_plan
-- Every look-up here has its one index. Statistics of a leaf that was small when its plan was made, or of a cold table
-- that is mostly another ledger's, would choose a scan or the wrong index, and the plan stays until the next ANALYZE:
-- 20 s for one batch of 200, measured. So no scans, and no sorts: a look-up asks for the order that only its index has.
set enable_seqscan = off
set enable_sort = off
-- What is switched off still runs where there is no other way (a handful of rows), at a cost that would call the compiler.
set jit = off
as $$
declare
  v_events constant integer := coalesce(cardinality(p_append_no), 0);
  v_appends constant integer := coalesce(p_append_no[v_events], 0);
  v_controls constant boolean :=
    p_types && array['KillSwitchSet', 'ActionFlagSet', 'CeilingSet', 'PolicyVersionActivated', 'PolicyVersionRevoked'];
  v_tenant text;
  v_no integer;
  v_cold boolean;
  v_epoch integer;
  v_counter bigint;
  v_first_counter bigint;
  v_system bigint;
  v_position bigint;
  v_hash bytea;
  v_head_hash bytea;
  v_last timestamptz;
  v_now timestamptz;
  v_mark text;
  v_key_first bigint[];
  v_key_print bytea[];
  v_id_position bigint[];
  v_id_mac bytea[];
  v_revision integer[];
  v_stale integer[];
  v_used bigint[];
  v_key_known boolean := false;
  v_plain boolean;
  v_unasked boolean;
  v_fresh boolean;
  v_status text;
  v_first integer;
  v_last_event integer;
  v_dup integer;
  v_accepted integer;
  v_entry text;
  v_entries text[];
  v_positions bigint[];
  v_chain bytea[];
  v_a integer;
  e integer;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'append needs READ COMMITTED' using errcode = 'invalid_transaction_state';
  end if;

  -- 1. Locks, always in this order: the scope of all ledgers, then this ledger. Setting a control of system/control
  --    takes the first one exclusively, so once it is acknowledged no approval can commit after it anywhere.
  if p_ledger = 'system/control' then
    perform pg_advisory_xact_lock(hashtextextended('system/control/scope', 0));
  else
    perform pg_advisory_xact_lock_shared(hashtextextended('system/control/scope', 0));
  end if;
  perform pg_advisory_xact_lock(hashtextextended(p_ledger, 0));

  select l.ledger_no, l.tenant,
      exists (select from log.cold_ids c where c.ledger_no = l.ledger_no),
      coalesce((select h.control_counter from log.ledgers s join log.heads h using (ledger_no) where s.ledger = 'system/control'), 0)
    into v_no, v_tenant, v_cold, v_system
    from log.ledgers l where l.ledger = p_ledger;
  if v_no is null then
    return query select 0::bigint, ''::bytea, '', repeat('u', v_appends), array_fill(0, array[v_events]), ''::bytea,
      array_fill(0::bigint, array[v_appends]), 0, 0::bigint, 0::bigint;
    return;
  end if;
  if current_setting('writ.tenant', true) is distinct from v_tenant then
    raise exception 'the connection is bound to another tenant' using errcode = 'insufficient_privilege';
  end if;

  -- 2. The head row is the truth; the advisory lock is only the queue in front of it. It must match the last entry:
  --    a head altered alone, or rows lost beneath it, stop all writing here. The entry is asked for by values and not
  --    by a join, so that the one partition it lies in is known before the query starts. By a range of one and in order:
  --    for `=` any index that begins with the ledger would do.
  select h.position, h.hash, h.control_counter, h.epoch, h.recorded_at
    into base_position, base_hash, v_first_counter, v_epoch, v_last
    from log.heads h where h.ledger_no = v_no for update;
  select t.hash into v_head_hash from log.entries t
    where t.ledger_no = v_no and t.position >= base_position and t.position <= base_position
    order by t.position limit 1;
  if base_hash is null or v_head_hash is distinct from base_hash then
    raise exception 'the head of % does not match its last entry', p_ledger using errcode = 'data_corrupted';
  end if;
  v_now := greatest(date_trunc('milliseconds', clock_timestamp()), v_last);
  recorded_at := to_char(v_now at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  v_mark := '","recordedAt":"' || recorded_at || '","revision":';

  -- 3. Which keys were used before. One forced look-up each (lateral, limit 1), here and below: a plain join, or
  --    `key = any (…)`, turns into a scan of the whole index as the table grows (measured: 30 times slower).
  if p_keys is not null then
    select array_agg(f.first_position), array_agg(f.fingerprint), count(f.first_position) > 0
      into v_key_first, v_key_print, v_key_known
      from (select unnest(p_keys) as key) k
      left join lateral (
        select s.first_position, s.fingerprint from log.append_keys s
        where s.ledger_no = v_no and s.key >= k.key and s.key <= k.key
          and s.created_at > p_key_time - interval '24 hours'
        order by s.key limit 1) f on true;
  end if;
  if p_key_ids is not null then
    select array_agg(k.append_no) into v_stale
      from unnest(p_key_append_no, p_key_ids) k(append_no, id)
      where (select s.tenant from log.subject_keys s where s.key_id >= k.id and s.key_id <= k.id
             order by s.key_id limit 1) is distinct from v_tenant;
  end if;

  -- 4. Is nothing against the batch that is seen without looking anything up? And does every event state the revision
  --    of a stream that no other event of the batch has? Then no id need be looked up: were one there already, the
  --    unique index would say so, and the batch is gone through again the longer way. If every event opens its stream,
  --    as decisions do, that goes for the streams too. The indexes speak for one leaf each, so this holds while the
  --    ledger lies in its first range of positions (ADR-0004).
  v_plain := v_appends = v_events and cardinality(p_streams) = v_events and not v_controls
    and not v_key_known and v_stale is null and p_limit_no is null and p_read_append_no is null
    and not exists (
      select from (
        select unnest(p_counters) as counter, unnest(p_epochs) as epoch, unnest(p_system_counters) as system,
          unnest(p_types) as type) n
      where case when n.counter is null then n.type = 'DecisionMade'
        else (n.counter, n.epoch, n.system) is distinct from (v_first_counter, v_epoch, v_system) end);
  v_unasked := v_plain and not v_cold and base_position < 67108863 - v_events and coalesce(0 <= all (p_expected), false);
  v_fresh := v_unasked and 0 = all (p_expected);

  loop
    v_position := base_position;
    v_hash := base_hash;
    v_counter := v_first_counter;
    firsts := array_fill(0::bigint, array[v_appends]);
    hashes := ''::bytea;
    v_entries := array_fill(null::text, array[v_events]);
    v_chain := array_fill(null::bytea, array[v_events]);

    if v_fresh then
      revisions := array_fill(1, array[v_events]);
    else
      -- 5. What the log knows of the streams of the whole batch, and of its ids.
      select array_agg(coalesce(f.revision, g.revision, 0) order by s.no)
        into v_revision
        from unnest(p_streams) with ordinality s(stream, no)
        left join lateral (
          select t.revision from log.entries t where t.ledger_no = v_no and t.stream = s.stream
          order by t.revision desc limit 1) f on true
        left join lateral (
          select c.revision from log.cold_streams c where v_cold and c.ledger_no = v_no and c.stream = s.stream
          limit 1) g on true;
      -- Single events of distinct streams stand in the order of their streams.
      v_plain := v_plain and not exists (
        select from (select unnest(p_expected) as expected, unnest(v_revision) as revision) n where n.expected <> n.revision);
      v_unasked := v_unasked and v_plain;
      if not v_unasked then
        select array_agg(coalesce(f.position, c.position) order by i.no), array_agg(coalesce(f.request_mac, c.request_mac) order by i.no)
          into v_id_position, v_id_mac
          from unnest(p_ids) with ordinality i(id, no)
          left join lateral (
            select t.position, t.request_mac from log.entries t
            where t.ledger_no = v_no and t.id >= i.id and t.id <= i.id
            order by t.id limit 1) f on true
          left join lateral (
            select d.position, d.request_mac from log.cold_ids d where v_cold and d.ledger_no = v_no and d.id = i.id
            limit 1) c on true;
        v_plain := v_plain and not exists (select from unnest(v_id_position) i(position) where i.position is not null);
      end if;
      if v_plain then
        revisions := array(select unnest(v_revision) + 1);
      end if;
    end if;

    if v_plain then
      for e in 1..v_events loop
        v_position := v_position + 1;
        -- The small pieces are put together first: each || copies both its sides.
        v_entry := p_heads[e] || (',"position":' || v_position || ',"prev":"' || encode(v_hash, 'hex')
          || v_mark || revisions[e] || ',' || p_tails[e]);
        v_hash := sha256('\x00'::bytea || convert_to(v_entry, 'UTF8'));
        v_entries[e] := v_entry;
        v_chain[e] := v_hash;
      end loop;
      v_accepted := v_appends;
      statuses := repeat('a', v_appends);
      v_positions := array(select generate_series(base_position + 1, v_position));
    else
      if p_limit_no is not null then
        select array_agg(coalesce(c.used, 0) order by n.no) into v_used
          from unnest(p_limit_names, p_limit_windows) with ordinality n(name, window_start, no)
          left join log.limit_counts c
            on c.ledger_no = v_no and c.name = n.name and c.window_start = n.window_start;
      end if;
      revisions := array_fill(0, array[v_events]);
      v_positions := array_fill(null::bigint, array[v_events]);
      v_accepted := 0;
      v_first := 1;
      statuses := '';

      -- 6. Judge each append in order of arrival, counting what this batch has accepted so far; chain what is accepted.
      for v_a in 1..v_appends loop
        v_last_event := v_first;
        while v_last_event < v_events and p_append_no[v_last_event + 1] = v_a loop
          v_last_event := v_last_event + 1;
        end loop;
        v_status := 'a';

        -- key
        if v_key_first[v_a] is not null then
          v_status := case when v_key_print[v_a] = p_fingerprints[v_a] then 'd' else 'k' end;
          firsts[v_a] := v_key_first[v_a];
        end if;
        -- event ids
        if v_status = 'a' then
          v_dup := 0;
          for e in v_first..v_last_event loop
            if v_id_position[e] is not null then
              if v_id_mac[e] is distinct from p_macs[e] or v_id_mac[e] is null then
                v_status := 'i';
                exit;
              end if;
              v_dup := v_dup + 1;
            end if;
          end loop;
          if v_dup > 0 and v_status = 'a' then
            -- Some events old and some new under one command is neither a repeat nor new.
            v_status := case when v_dup = v_last_event - v_first + 1 then 'd' else 'i' end;
            firsts[v_a] := v_id_position[v_first];
          end if;
        end if;
        -- control token; a decision without one is refused whatever the caller thinks
        if v_status = 'a' then
          if p_counters[v_a] is null then
            for e in v_first..v_last_event loop
              if starts_with(p_streams[p_stream_no[e]], 'decision:') and p_types[e] = 'DecisionMade' then
                v_status := 's';
              end if;
            end loop;
          elsif (p_counters[v_a], p_epochs[v_a], p_system_counters[v_a]) is distinct from (v_counter, v_epoch, v_system) then
            v_status := 's';
          end if;
        end if;
        -- personal keys
        if v_status = 'a' and v_a = any (v_stale) then
          v_status := 'p';
        end if;
        -- revisions, of streams only read first
        if v_status = 'a' and v_a = any (p_read_append_no) then
          for e in 1..cardinality(p_read_append_no) loop
            if p_read_append_no[e] = v_a and v_revision[p_read_stream_no[e]] <> p_read_revisions[e] then
              v_status := 'c';
            end if;
          end loop;
        end if;
        if v_status = 'a' then
          for e in v_first..v_last_event loop
            if p_expected[e] is not null and v_revision[p_stream_no[e]] <> p_expected[e]
               and (p_expected[e] <> -2 or v_revision[p_stream_no[e]] = 0) then
              v_status := 'c';
              exit;
            end if;
          end loop;
        end if;
        if v_status = 'c' then
          for e in v_first..v_last_event loop
            revisions[e] := v_revision[p_stream_no[e]];
          end loop;
        end if;
        -- limits, last: only an append that is otherwise good uses one up
        if v_status = 'a' and p_limit_no[v_a] is not null then
          if v_used[p_limit_no[v_a]] >= p_limit_max[v_a] then
            v_status := 'l';
          else
            v_used[p_limit_no[v_a]] := v_used[p_limit_no[v_a]] + 1;
          end if;
        end if;

        if v_status = 'a' then
          v_accepted := v_accepted + 1;
          for e in v_first..v_last_event loop
            v_position := v_position + 1;
            v_revision[p_stream_no[e]] := v_revision[p_stream_no[e]] + 1;
            revisions[e] := v_revision[p_stream_no[e]];
            v_entry := p_heads[e] || (',"position":' || v_position || ',"prev":"' || encode(v_hash, 'hex')
              || v_mark || revisions[e] || ',' || p_tails[e]);
            v_hash := sha256('\x00'::bytea || convert_to(v_entry, 'UTF8'));
            v_entries[e] := v_entry;
            v_chain[e] := v_hash;
            v_positions[e] := v_position;
            -- A control accepted in this batch counts for every later append of it: it has the lower position.
            if v_controls and log.is_control(p_streams[p_stream_no[e]], p_types[e]) then
              v_counter := v_counter + 1;
              v_system := v_system + (p_ledger = 'system/control')::integer;
            end if;
          end loop;
        end if;
        statuses := statuses || v_status;
        v_first := v_last_event + 1;
      end loop;
    end if;

    -- 7. One set-based insert.
    exit when v_accepted = 0;
    begin
      insert into log.entries
        (ledger_no, revision, position, id, correlation_id, tenant, stream, type, hash, request_mac, entry)
      select v_no, n.revision, n.position, n.id, n.correlation_id, v_tenant, p_streams[n.stream_no], n.type, n.hash, n.mac, n.entry
      from (
        -- Unnested in the select list: rows come one by one; in FROM all of them would first be copied into a store.
        select unnest(p_stream_no) as stream_no, unnest(revisions) as revision, unnest(v_positions) as position,
          unnest(p_ids) as id, unnest(p_correlation_ids) as correlation_id, unnest(p_types) as type,
          unnest(v_chain) as hash, unnest(p_macs) as mac, unnest(v_entries) as entry) n
      where n.entry is not null;
      exit;
    exception when unique_violation then
      -- Judged the long way it cannot happen but by the caller's fault (an id twice in one batch): then it is his.
      if not v_unasked then
        raise;
      end if;
      v_unasked := false;
      v_fresh := false;
    end;
  end loop;

  -- 8. What goes beside it, then the head.
  if v_accepted > 0 then
    select string_agg(h.hash, ''::bytea) into hashes from (select unnest(v_chain) as hash) h;

    if p_keys is not null then
      insert into log.append_keys (ledger_no, created_at, first_position, events, tenant, key, fingerprint)
      select v_no, p_key_time, k.first_position, k.events, v_tenant, p_keys[k.append_no], p_fingerprints[k.append_no]
      from (
        select n.append_no, min(n.position) as first_position, count(*)::integer as events
        from (select unnest(p_append_no) as append_no, unnest(v_positions) as position) n where n.position is not null
        group by n.append_no) k
      where p_keys[k.append_no] is not null;
    end if;
    if p_limit_no is not null then
      insert into log.limit_counts as c (ledger_no, tenant, name, window_start, used)
        select v_no, v_tenant, n.name, n.window_start, n.used
        from unnest(p_limit_names, p_limit_windows, v_used) n(name, window_start, used)
        on conflict on constraint limit_counts_pk do update set used = excluded.used;
    end if;
    if v_controls then
      perform log.record_controls(v_no, v_tenant, v_first_counter, p_stream_no, p_streams, p_types, v_positions);
    end if;
    if p_sealed is not null or p_attached is not null or p_types_registered is not null then
      perform log.store_beside(v_no, v_tenant, statuses, v_positions, p_sealed, p_attached, p_types_registered);
    end if;
    update log.heads h set position = v_position, hash = v_hash, control_counter = v_counter, recorded_at = v_now
      where h.ledger_no = v_no;
  end if;

  control_epoch := v_epoch;
  control_counter := v_counter;
  system_counter := v_system;
  return next;
end
$$;
