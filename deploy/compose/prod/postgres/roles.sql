\getenv username SHOPX_USERNAME
\getenv password SHOPX_PASSWORD
\getenv previous SHOPX_PREVIOUS_PASSWORD
\getenv backup SHOPX_BACKUP_PASSWORD
\getenv replication SHOPX_REPLICATION_PASSWORD
set log_statement = 'none';
set log_min_error_statement = 'panic';
select 'create role shopx login'
  where not exists (select from pg_roles where rolname = 'shopx') \gexec
select 'create role shopx_alternate login in role shopx'
  where not exists (select from pg_roles where rolname = 'shopx_alternate') \gexec
alter role shopx_alternate set role = 'shopx';
alter role :"username" password :'password';
select format(
  'alter role %I password %s',
  case :'username' when 'shopx' then 'shopx_alternate' else 'shopx' end,
  case :'previous' when '' then 'null' else quote_literal(:'previous') end) \gexec
select 'create role shopx_backup login replication'
  where :'backup' <> ''
    and not exists (select from pg_roles where rolname = 'shopx_backup') \gexec
select format('alter role shopx_backup password %L', :'backup') where :'backup' <> '' \gexec
select 'create role shopx_replication login replication'
  where :'replication' <> ''
    and not exists (select from pg_roles where rolname = 'shopx_replication') \gexec
select format('alter role shopx_replication password %L', :'replication')
  where :'replication' <> '' \gexec
-- What pg_rewind calls.
select 'grant execute on function ' || name || ' to shopx_replication'
  from unnest(array[
    'pg_ls_dir(text, boolean, boolean)', 'pg_stat_file(text, boolean)',
    'pg_read_binary_file(text)', 'pg_read_binary_file(text, bigint, bigint, boolean)'
  ]) name where :'replication' <> '' \gexec
select 'create database shopx owner shopx'
  where not exists (select from pg_database where datname = 'shopx') \gexec
