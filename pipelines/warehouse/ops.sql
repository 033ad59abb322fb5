-- The tables beside the data, as a fresh warehouse gets them. One that is lacking is made on the next run. Whoever changes
-- one adds a step to steps.py too, which does the same to warehouses that have it already; a column that is added stands
-- last there, so rows are inserted by the names of the columns.

create table if not exists ops.runs (
    run_id varchar primary key, command varchar, crm varchar, started_at timestamptz, ended_at timestamptz,
    status varchar, problem varchar, rows_read bigint, rows_inserted bigint, rows_updated bigint,
    rows_deleted bigint, requests bigint, tokens bigint, retries bigint, bytes bigint,
    tokens_left_today bigint, version varchar);

create table if not exists ops.entity_loads (
    run_id varchar, crm varchar, entity varchar, status varchar, problem varchar, window_since timestamptz,
    window_until timestamptz, rows_read bigint, rows_inserted bigint, rows_updated bigint, rows_unchanged bigint,
    rows_stale bigint, rows_deleted bigint, requests bigint, tokens bigint, retries bigint, bytes bigint,
    drift json, filled json, primary key (run_id, entity));

create table if not exists ops.token_spend (
    day date, crm varchar, command varchar, entity varchar, run_id varchar, requests bigint, tokens bigint,
    primary key (run_id, day, entity));

create table if not exists ops.limits (
    crm varchar primary key, burst bigint, latency_seconds double precision, daily_tokens bigint, seen_at timestamptz);

create table if not exists ops.accounts (
    crm varchar primary key, company_id bigint, company varchar, since timestamptz);

create table if not exists ops.reconciliations (
    run_id varchar, crm varchar, entity varchar, started_at timestamptz, ended_at timestamptz, status varchar,
    problem varchar, is_dry_run boolean, in_crm bigint, held bigint, missing bigint, stale bigint, silent bigint,
    gone bigint, revived bigint, kept_newer bigint, requests bigint, tokens bigint, is_proved boolean,
    proved_at timestamptz, primary key (run_id, entity));

create table if not exists ops.custom_fields (
    crm varchar, entity varchar, field_code varchar, field_name varchar, field_type varchar, column_name varchar,
    named_after varchar, parts json, options json, first_seen_at timestamptz, last_seen_at timestamptz,
    is_deleted boolean, renamed_from varchar, renamed_at timestamptz, records bigint, filled bigint,
    unreadable bigint, primary key (crm, entity, field_code));

create table if not exists ops.transforms (
    run_id varchar primary key, command varchar, started_at timestamptz, ended_at timestamptz, status varchar,
    as_of timestamptz, models bigint, tests bigint, failures bigint, problem varchar, is_published boolean,
    is_whole boolean, unsettled varchar, version varchar, built varchar);

create table if not exists ops.push_ledger (
    event bigint primary key, kind varchar, intent bigint, run_id varchar, crm varchar, entity varchar,
    target varchar, push_key varchar, operation varchar, record_id bigint, fields json, fields_hash varchar,
    basis_update_time timestamptz, intended_at timestamptz, recorded_at timestamptz, verdict varchar, reason varchar,
    request_id varchar, before json, answered json, conflicts json, pushed json, created boolean, attempts bigint,
    next_try_at timestamptz, update_time timestamptz);

create table if not exists ops.push_open (
    crm varchar, entity varchar, target varchar, push_key varchar, record_id bigint, outcome varchar, reason varchar,
    run_id varchar, seen_at timestamptz);

create table if not exists ops.alerts (
    channel varchar, problem varchar, since timestamptz, crm varchar, kind varchar, subject varchar, severity varchar,
    is_event boolean, what varchar, measure bigint, seen_at timestamptz, told_at timestamptz, told_measure bigint,
    times_told bigint, ended_at timestamptz, end_told_at timestamptz, tried_at timestamptz, error varchar,
    primary key (channel, problem, since));

create or replace view ops.push_state as
select distinct on (crm, target, push_key)
    event, intent, run_id, crm, entity, target, push_key, operation, record_id, fields, fields_hash,
    basis_update_time, intended_at, recorded_at, coalesce(verdict, 'unknown') as verdict,
    case when kind = 'intent' then 'the run was killed before it was known what became of it' else reason end as reason,
    request_id, before, answered, conflicts, pushed, created, attempts, next_try_at, update_time
from ops.push_ledger
where intent not in (select withdrawn.intent from ops.push_ledger as withdrawn where withdrawn.kind = 'withdrawn')
order by crm, target, push_key, event desc;
