\getenv password SHOPX_PASSWORD
set log_statement = 'none';
select 'create role shopx login'
  where not exists (select from pg_roles where rolname = 'shopx') \gexec
alter role shopx password :'password';
select 'create database shopx owner shopx'
  where not exists (select from pg_database where datname = 'shopx') \gexec
