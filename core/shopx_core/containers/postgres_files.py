"""The files that the bundled servers start with; the images contain the programs alone."""

from typing import Final

DATA: Final = "/var/lib/shopx/data"
SOCKETS: Final = "/var/run/shopx"
FILES: Final = "/etc/shopx"

# Only this container has the volume of the socket, so local connections are trusted.
HBA: Final = """\
local all postgres trust
host all all 0.0.0.0/0 scram-sha-256
host all all ::/0 scram-sha-256
"""

START: Final = f"""\
#!/bin/sh
# Makes the data folder once, sets the role's password at every start (so that it follows the
# Secret), then serves. SIGTERM ends the sessions, writes all data and stops.
set -eu

if [ -n "${{SHOPX_PASSWORD_FILE:-}}" ]; then
  SHOPX_PASSWORD=$(cat "$SHOPX_PASSWORD_FILE")
  export SHOPX_PASSWORD
fi
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
else
  # An interrupted first start leaves no data: the folder gets its name when it is complete.
  rm -rf "$data.new"
  initdb --pgdata="$data.new" --username=postgres --auth-local=peer --auth-host=reject \\
    --encoding=UTF8 --locale=C.UTF-8 --data-checksums >/dev/null
  mv "$data.new" "$data"
fi
chmod 0700 "$data"
# It is of an earlier container, and its process number may be another's by now. No other pod has
# the volume, because a StatefulSet starts a pod after the last one is gone.
rm -f "$data/postmaster.pid"

# Only for this pod, until the role is set up.
private="-c listen_addresses='' -c unix_socket_directories={SOCKETS}"
pg_ctl --pgdata="$data" --silent --wait --timeout=3600 --log=/tmp/prepare.log \\
  --options="$private -c hba_file={FILES}/pg_hba.conf" start \\
  || {{ cat /tmp/prepare.log >&2; exit 1; }}
psql --quiet --no-psqlrc --host={SOCKETS} --username=postgres --dbname=postgres \\
  --set=ON_ERROR_STOP=1 --file={FILES}/roles.sql
pg_ctl --pgdata="$data" --silent --wait --timeout=3600 --mode=fast stop

# The trap calls it.
# shellcheck disable=SC2329
stop() {{
  kill -INT "$server" 2>/dev/null || true
}}
trap stop TERM INT
postgres -D "$data" "$@" &
server=$!
code=0
wait "$server" || code=$?
# A signal ends `wait` early, while the server still writes.
while kill -0 "$server" 2>/dev/null; do
  code=0
  wait "$server" || code=$?
done
exit "$code"
"""

# `\\getenv` keeps the password off every command line.
ROLES: Final = """\
\\getenv password SHOPX_PASSWORD
set log_statement = 'none';
select 'create role shopx login'
  where not exists (select from pg_roles where rolname = 'shopx') \\gexec
alter role shopx password :'password';
select 'create database shopx owner shopx'
  where not exists (select from pg_database where datname = 'shopx') \\gexec
"""

READY: Final = ("pg_isready", "--quiet", "--host", SOCKETS)
# Code 1: the server runs and refuses connections, for example during recovery.
ALIVE: Final = (
    "sh",
    "-c",
    f"pg_isready --quiet --host {SOCKETS} || [ $? -eq 1 ]",
)

POSTGRES_FILES: Final = {"start.sh": START, "roles.sql": ROLES, "pg_hba.conf": HBA}
