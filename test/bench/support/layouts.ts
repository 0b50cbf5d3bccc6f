/** Three ways to lay out the log's rows. The same columns and the same promises; only where uniqueness lives differs. */
export interface Layout {
  readonly name: string
  readonly about: string
  readonly tables: string
  /** Position of an event id that is stored, or null: `i.id` is the id looked for. */
  readonly idLookup: string
  /** Highest revision of a stream, or null: `s.stream` is the stream looked for. */
  readonly streamLookup: string
  /** What is written beside the entries. */
  readonly beside: string
}

const COLUMNS = `ledger_no integer not null, revision integer not null, position bigint not null, id uuid not null,
  stream text collate "C" not null, type text collate "C" not null, hash bytea not null, entry text not null`

const leaf = (schema: string, name: string): string => `
  alter table ${schema}.${name} alter column entry set storage external;
  alter table ${schema}.${name} set (toast_tuple_target = 8160);`

const SPAN = 67_108_864

export const LAYOUTS: readonly Layout[] = [
  {
    name: 'hash',
    about:
      'hash partitions by ledger, all unique indexes on them; nothing can be detached but whole ledgers',
    tables: `create schema hash;
      create table hash.entries (${COLUMNS}, unique (ledger_no, position), unique (ledger_no, stream, revision), unique (ledger_no, id))
        partition by hash (ledger_no);
      create table hash.entries_0 partition of hash.entries for values with (modulus 2, remainder 0);
      create table hash.entries_1 partition of hash.entries for values with (modulus 2, remainder 1);
      create index on hash.entries (ledger_no, type, position);
      ${leaf('hash', 'entries_0')} ${leaf('hash', 'entries_1')}`,
    idLookup: 'select t.position from hash.entries t where t.ledger_no = 1 and t.id = i.id limit 1',
    streamLookup:
      'select t.revision from hash.entries t where t.ledger_no = 1 and t.stream = s.stream order by t.revision desc limit 1',
    beside: '',
  },
  {
    name: 'side',
    about: '(ledger hash, position range) partitions, ids and stream heads in side tables for ever',
    tables: `create schema side;
      create table side.entries (${COLUMNS}, primary key (ledger_no, position)) partition by hash (ledger_no);
      create table side.entries_0 partition of side.entries for values with (modulus 2, remainder 0) partition by range (position);
      create table side.entries_1 partition of side.entries for values with (modulus 2, remainder 1) partition by range (position);
      create table side.entries_0_0 partition of side.entries_0 for values from (0) to (${SPAN});
      create table side.entries_1_0 partition of side.entries_1 for values from (0) to (${SPAN});
      create index on side.entries (ledger_no, stream, revision);
      create index on side.entries (ledger_no, type, position);
      ${leaf('side', 'entries_0_0')} ${leaf('side', 'entries_1_0')}
      create table side.ids (ledger_no integer not null, id uuid not null, position bigint not null, primary key (ledger_no, id));
      create table side.streams (ledger_no integer not null, stream text collate "C" not null, revision integer not null,
        primary key (ledger_no, stream)) with (fillfactor = 80);`,
    idLookup: 'select t.position from side.ids t where t.ledger_no = 1 and t.id = i.id limit 1',
    streamLookup:
      'select t.revision from side.streams t where t.ledger_no = 1 and t.stream = s.stream limit 1',
    beside: `insert into side.ids select 1, n.id, n.position from unnest(p_ids, v_positions) n(id, position);
      insert into side.streams as t select 1, s.stream, max(n.revision) from unnest(p_stream_no, v_revisions) n(no, revision)
        join unnest(p_streams) with ordinality s(stream, no) using (no) group by s.stream
        on conflict (ledger_no, stream) do update set revision = excluded.revision;`,
  },
  {
    name: 'leaf',
    about:
      '(ledger hash, position range) partitions, unique indexes on each leaf; ids and stream ends move to cold tables when a range is detached',
    tables: `create schema leaf;
      create table leaf.entries (${COLUMNS}, primary key (ledger_no, position)) partition by hash (ledger_no);
      create table leaf.entries_0 partition of leaf.entries for values with (modulus 2, remainder 0) partition by range (position);
      create table leaf.entries_1 partition of leaf.entries for values with (modulus 2, remainder 1) partition by range (position);
      create table leaf.entries_0_0 partition of leaf.entries_0 for values from (0) to (${SPAN});
      create table leaf.entries_1_0 partition of leaf.entries_1 for values from (0) to (${SPAN});
      create index on leaf.entries (ledger_no, type, position);
      create unique index on leaf.entries_0_0 (ledger_no, stream, revision); create unique index on leaf.entries_0_0 (ledger_no, id);
      create unique index on leaf.entries_1_0 (ledger_no, stream, revision); create unique index on leaf.entries_1_0 (ledger_no, id);
      ${leaf('leaf', 'entries_0_0')} ${leaf('leaf', 'entries_1_0')}`,
    idLookup: 'select t.position from leaf.entries t where t.ledger_no = 1 and t.id = i.id limit 1',
    streamLookup:
      'select t.revision from leaf.entries t where t.ledger_no = 1 and t.stream = s.stream order by t.revision desc limit 1',
    beside: '',
  },
]

/** The parts of the append function that a layout decides: look-ups, chain, insert, and what goes beside. */
export const appendFunction = ({ name, idLookup, streamLookup, beside }: Layout): string => `
create function ${name}.append(p_from bigint, p_ids uuid[], p_stream_no integer[], p_streams text[], p_entries text[]) returns integer
language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  v_known bigint[]; v_revision integer[]; v_hash bytea := '\\x00'; v_positions bigint[] := '{}'; v_revisions integer[] := '{}'; v_hashes bytea[] := '{}';
begin
  perform pg_advisory_xact_lock(1);
  select array_agg(f.position order by i.no) into v_known from unnest(p_ids) with ordinality i(id, no) left join lateral (${idLookup}) f on true;
  select array_agg(coalesce(f.revision, 0) order by s.no) into v_revision from unnest(p_streams) with ordinality s(stream, no) left join lateral (${streamLookup}) f on true;
  for e in 1..cardinality(p_ids) loop
    if v_known[e] is not null then raise exception 'known id'; end if;
    v_revision[p_stream_no[e]] := v_revision[p_stream_no[e]] + 1;
    v_revisions[e] := v_revision[p_stream_no[e]];
    v_positions[e] := p_from + e;
    v_hash := sha256('\\x00'::bytea || convert_to(p_entries[e] || encode(v_hash, 'hex'), 'UTF8'));
    v_hashes[e] := v_hash;
  end loop;
  insert into ${name}.entries (ledger_no, revision, position, id, stream, type, hash, entry)
    select 1, n.revision, n.position, n.id, p_streams[n.no], 'Tested', n.hash, n.entry
    from unnest(v_revisions, v_positions, p_ids, p_stream_no, v_hashes, p_entries) n(revision, position, id, no, hash, entry);
  ${beside}
  return cardinality(p_ids);
end $$;`
