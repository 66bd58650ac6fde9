"""The files that the bundled servers start with; the images contain the programs alone."""

from typing import Final

DATA: Final = "/var/lib/shopx/data"
SOCKETS: Final = "/var/run/shopx"
FILES: Final = "/etc/shopx"
ROLE: Final = "shopx"
"""The owner of the database, and one of the two roles that log in."""
ALTERNATE: Final = "shopx_alternate"
"""The other one: a rotation of the password alternates between them."""

BACKUP_ROLE: Final = "shopx_backup"
"""May copy the database cluster and read its log, and has no other right."""

REPLICATION_ROLE: Final = "shopx_replication"
"""By which replicas follow the leader, and a former leader is rewound."""

# Only this container has the volume of the socket, so local connections are trusted.
HBA: Final = f"""\
local all postgres trust
local replication {REPLICATION_ROLE} trust
host replication {BACKUP_ROLE},{REPLICATION_ROLE} 0.0.0.0/0 scram-sha-256
host replication {BACKUP_ROLE},{REPLICATION_ROLE} ::/0 scram-sha-256
host all all 0.0.0.0/0 scram-sha-256
host all all ::/0 scram-sha-256
"""

_PREPARE: Final = f"""\
set -eu

# A file's content, or a default where there is none.
content() {{
  if [ -n "$1" ] && [ -f "$1" ]; then cat "$1"; else printf '%s' "$2"; fi
}}
read_secrets() {{
  SHOPX_USERNAME=$(content "${{SHOPX_USERNAME_FILE:-}}" {ROLE})
  SHOPX_PASSWORD=$(content "${{SHOPX_PASSWORD_FILE:-}}" "${{SHOPX_PASSWORD:-}}")
  SHOPX_PREVIOUS_PASSWORD=$(content "${{SHOPX_PREVIOUS_PASSWORD_FILE:-}}" "")
  SHOPX_BACKUP_PASSWORD=$(content "${{SHOPX_BACKUP_PASSWORD_FILE:-}}" "")
  SHOPX_REPLICATION_PASSWORD=${{PATRONI_REPLICATION_PASSWORD:-}}
  secrets="$SHOPX_USERNAME $SHOPX_PASSWORD $SHOPX_PREVIOUS_PASSWORD $SHOPX_BACKUP_PASSWORD"
  export SHOPX_USERNAME SHOPX_PASSWORD SHOPX_PREVIOUS_PASSWORD SHOPX_BACKUP_PASSWORD \\
    SHOPX_REPLICATION_PASSWORD
}}
ask() {{
  psql --quiet --no-psqlrc --host={SOCKETS} --username=postgres --dbname=postgres \\
    --set=ON_ERROR_STOP=1 "$@"
}}
set_roles() {{
  ask --file={FILES}/roles.sql
}}
read_secrets
data={DATA}/pgdata
version=$(postgres --version | sed -E 's/^[^0-9]*([0-9]+).*/\\1/')

if [ -s "$data/PG_VERSION" ]; then
  made=$(cat "$data/PG_VERSION")
  if [ "$made" != "$version" ]; then
    echo "The data were made by PostgreSQL $made and this image has $version." \\
      "Set spec.images.postgres to an image of $made, or dump with that one and restore" \\
      "(docs/operations.md)." >&2
    exit 1
  fi
fi
# It is of an earlier container, and its process number may be another's by now. No other pod has
# the volume, because a StatefulSet starts a pod after the last one is gone.
rm -f "$data/postmaster.pid"
"""

_WAIT: Final = """\
code=0
wait "$server" || code=$?
# A signal ends `wait` early, while the server still writes.
while kill -0 "$server" 2>/dev/null; do
  code=0
  wait "$server" || code=$?
done
kill "$follower" 2>/dev/null || true
exit "$code"
"""

START: Final = f"""\
#!/bin/sh
# Makes the data folder once, sets the roles' passwords at every start and whenever their files
# change, and serves. SIGTERM ends the sessions, writes all data and stops.
{_PREPARE}
if [ -f "$data/standby.signal" ]; then
  echo "These are the data of a replica, and may lack the newest orders. Set" \\
    "spec.database.bundled.instances to the number of servers that the database had." >&2
  exit 1
elif [ ! -s "$data/PG_VERSION" ]; then
  # An interrupted first start leaves no data: the folder gets its name when it is complete.
  rm -rf "$data.new"
  initdb --pgdata="$data.new" --username=postgres --auth-local=peer --auth-host=reject \\
    --encoding=UTF8 --locale=C.UTF-8 --data-checksums >/dev/null
  mv "$data.new" "$data"
fi
chmod 0700 "$data"
# Patroni led this server before, and the settings that it wrote wait for replicas.
if [ -f "$data/postgresql.base.conf" ]; then
  mv "$data/postgresql.base.conf" "$data/postgresql.conf"
  rm -f "$data/patroni.dynamic.json"
fi

# Only for this pod, until the role is set up.
private="-c listen_addresses='' -c unix_socket_directories={SOCKETS}"
pg_ctl --pgdata="$data" --silent --wait --timeout=3600 --log=/tmp/prepare.log \\
  --options="$private -c hba_file={FILES}/pg_hba.conf" start \\
  || {{ cat /tmp/prepare.log >&2; exit 1; }}
set_roles
pg_ctl --pgdata="$data" --silent --wait --timeout=3600 --mode=fast stop

# The trap calls it.
# shellcheck disable=SC2329
stop() {{
  kill -INT "$server" 2>/dev/null || true
}}
trap stop TERM INT
postgres -D "$data" "$@" &
server=$!

# The kubelet brings a changed Secret within two minutes.
follow() {{
  known=$secrets
  while sleep 2; do
    read_secrets
    [ "$secrets" = "$known" ] || {{ set_roles && known=$secrets; }} || true
  done
}}
follow &
follower=$!
{_WAIT}"""

START_REPLICATED: Final = f"""\
#!/bin/sh
# Runs Patroni, which runs the server as leader or replica; the argument is its configuration.
# Where the server leads, the roles' passwords follow their files. SIGTERM hands over the lead,
# writes all data and stops.
{_PREPARE}
[ ! -d "$data" ] || chmod 0700 "$data"
case $POD_IP in
  *:*) address="[$POD_IP]" ;;
  *) address=$POD_IP ;;
esac
export PATRONI_POSTGRESQL_CONNECT_ADDRESS="$address:${{SHOPX_POSTGRES_PORT:?}}"
export PATRONI_RESTAPI_CONNECT_ADDRESS="$address:${{SHOPX_PATRONI_PORT:?}}"

# The trap calls it.
# shellcheck disable=SC2329
stop() {{
  kill -TERM "$server" 2>/dev/null || true
}}
trap stop TERM INT
"${{SHOPX_PATRONI:-/opt/patroni/bin/patroni}}" "$1" &
server=$!

leads() {{
  [ "$(ask -At --command='select pg_is_in_recovery()' 2>/dev/null)" = f ]
}}
follow() {{
  known=
  while sleep 2; do
    read_secrets
    [ "$secrets" = "$known" ] || {{ leads && set_roles && known=$secrets; }} || true
  done
}}
follow &
follower=$!
{_WAIT}"""

CHECK: Final = f"""\
#!/bin/sh
# Starts an empty server with the given settings, and stops it: whether PostgreSQL takes them.
set -eu
data=/tmp/check
rm -rf "$data"
initdb --pgdata="$data" --username=postgres --auth-local=peer --auth-host=reject \\
  --encoding=UTF8 --locale=C.UTF-8 >/dev/null
postgres -D "$data" "$@" 2>/tmp/check.log &
server=$!
until pg_isready --quiet --host={SOCKETS}; do
  if ! kill -0 "$server" 2>/dev/null; then
    cat /tmp/check.log >&2
    exit 1
  fi
  sleep 0.2
done
kill -INT "$server"
wait "$server" || true
"""

# `\\getenv` keeps the passwords off every command line. A role has one password: so that two are
# valid during a rotation, there are two roles. What either makes belongs to the first.
ROLES: Final = f"""\
\\getenv username SHOPX_USERNAME
\\getenv password SHOPX_PASSWORD
\\getenv previous SHOPX_PREVIOUS_PASSWORD
\\getenv backup SHOPX_BACKUP_PASSWORD
\\getenv replication SHOPX_REPLICATION_PASSWORD
set log_statement = 'none';
set log_min_error_statement = 'panic';
select 'create role {ROLE} login'
  where not exists (select from pg_roles where rolname = '{ROLE}') \\gexec
select 'create role {ALTERNATE} login in role {ROLE}'
  where not exists (select from pg_roles where rolname = '{ALTERNATE}') \\gexec
alter role {ALTERNATE} set role = '{ROLE}';
alter role :"username" password :'password';
select format(
  'alter role %I password %s',
  case :'username' when '{ROLE}' then '{ALTERNATE}' else '{ROLE}' end,
  case :'previous' when '' then 'null' else quote_literal(:'previous') end) \\gexec
select 'create role {BACKUP_ROLE} login replication'
  where :'backup' <> ''
    and not exists (select from pg_roles where rolname = '{BACKUP_ROLE}') \\gexec
select format('alter role {BACKUP_ROLE} password %L', :'backup') where :'backup' <> '' \\gexec
select 'create role {REPLICATION_ROLE} login replication'
  where :'replication' <> ''
    and not exists (select from pg_roles where rolname = '{REPLICATION_ROLE}') \\gexec
select format('alter role {REPLICATION_ROLE} password %L', :'replication')
  where :'replication' <> '' \\gexec
-- What pg_rewind calls.
select 'grant execute on function ' || name || ' to {REPLICATION_ROLE}'
  from unnest(array[
    'pg_ls_dir(text, boolean, boolean)', 'pg_stat_file(text, boolean)',
    'pg_read_binary_file(text)', 'pg_read_binary_file(text, bigint, bigint, boolean)'
  ]) name where :'replication' <> '' \\gexec
select 'create database {ROLE} owner {ROLE}'
  where not exists (select from pg_database where datname = '{ROLE}') \\gexec
"""

READY: Final = ("pg_isready", "--quiet", "--host", SOCKETS)
# Code 1: the server runs and refuses connections, for example during recovery.
ALIVE: Final = (
    "sh",
    "-c",
    f"pg_isready --quiet --host {SOCKETS} || [ $? -eq 1 ]",
)

POSTGRES_FILES: Final = {
    "start.sh": START,
    "roles.sql": ROLES,
    "pg_hba.conf": HBA,
}
REPLICATED_FILES: Final = {
    "replicated.sh": START_REPLICATED,
    "roles.sql": ROLES,
    "pg_hba.conf": HBA,
}
