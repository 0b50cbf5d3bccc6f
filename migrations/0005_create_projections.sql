-- why:   read models fold the log into tables of their own, by builds that can stand beside each other (DESIGN §5, ADR-0010)
-- locks: none, all new
-- up
do $$
begin
  -- Roles belong to the whole cluster: another database, or another starter a moment ago, may have made it.
  begin
    create role writ_projector nologin;
  exception
    when duplicate_object or unique_violation then null;
  end;
  execute format('grant writ_projector to %I', current_user);
end
$$;
create schema projection authorization writ_projector;
grant usage on schema log to writ_projector;
grant select on all tables in schema log to writ_projector;
grant usage on schema projection to writ_app, writ_reader, writ_owner;

set local role writ_projector;
-- Whatever a build creates may be read, and is written by nobody but the projector.
alter default privileges in schema projection grant select on tables to writ_app, writ_reader;

-- A build is one set of tables of a read model. The live one is served; one at a time is built beside it.
create table projection.builds (
  name text collate "C" not null,
  build integer not null,
  version integer not null,
  state text collate "C" not null,
  indexed boolean not null,
  tables text[] not null,
  constraint builds_pk primary key (name, build),
  constraint builds_state_known check (state in ('building', 'live', 'retired'))
);
create unique index builds_one_live on projection.builds (name) where state = 'live';
create unique index builds_one_building on projection.builds (name) where state = 'building';

-- How far a build has folded a ledger, and who may fold on: the epoch fences whoever slept through the end of its lease.
create table projection.checkpoints (
  name text collate "C" not null,
  build integer not null,
  ledger text collate "C" not null,
  tenant text collate "C" not null,
  position bigint not null,
  epoch bigint not null,
  holder uuid,
  held_until timestamptz,
  constraint checkpoints_pk primary key (name, build, ledger),
  constraint checkpoints_build_fk foreign key (name, build) references projection.builds (name, build)
) with (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Events that a fold refused, by position. The others went on without them.
create table projection.parked (
  name text collate "C" not null,
  build integer not null,
  ledger text collate "C" not null,
  tenant text collate "C" not null,
  position bigint not null,
  type text collate "C" not null,
  reason text not null,
  attempts integer not null,
  replay boolean not null default false,
  constraint parked_pk primary key (name, build, ledger, position),
  constraint parked_build_fk foreign key (name, build) references projection.builds (name, build)
);

-- Messages and jobs that folds ask for. Keyed by the read model and not by its build: told once, whatever is rebuilt.
create table projection.effects (
  name text collate "C" not null,
  ledger text collate "C" not null,
  tenant text collate "C" not null,
  position bigint not null,
  no integer not null,
  kind text collate "C" not null,
  payload jsonb not null,
  constraint effects_pk primary key (name, ledger, position, no)
);

-- Who is at work, so that the ledgers are shared out evenly.
create table projection.workers (
  holder uuid not null,
  seen_at timestamptz not null,
  constraint workers_pk primary key (holder)
);
-- down
drop schema projection cascade;
revoke select on all tables in schema log from writ_projector;
revoke usage on schema log from writ_projector;
