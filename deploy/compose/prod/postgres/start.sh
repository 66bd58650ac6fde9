#!/bin/sh
# Makes the data folder once, sets the roles' passwords at every start and whenever their files
# change, and serves. SIGTERM ends the sessions, writes all data and stops.
set -eu

# A file's content, or a default where there is none.
content() {
  if [ -n "$1" ] && [ -f "$1" ]; then cat "$1"; else printf '%s' "$2"; fi
}
read_secrets() {
  SHOPX_USERNAME=$(content "${SHOPX_USERNAME_FILE:-}" shopx)
  SHOPX_PASSWORD=$(content "${SHOPX_PASSWORD_FILE:-}" "${SHOPX_PASSWORD:-}")
  SHOPX_PREVIOUS_PASSWORD=$(content "${SHOPX_PREVIOUS_PASSWORD_FILE:-}" "")
  SHOPX_BACKUP_PASSWORD=$(content "${SHOPX_BACKUP_PASSWORD_FILE:-}" "")
  SHOPX_REPLICATION_PASSWORD=${PATRONI_REPLICATION_PASSWORD:-}
  secrets="$SHOPX_USERNAME $SHOPX_PASSWORD $SHOPX_PREVIOUS_PASSWORD $SHOPX_BACKUP_PASSWORD"
  export SHOPX_USERNAME SHOPX_PASSWORD SHOPX_PREVIOUS_PASSWORD SHOPX_BACKUP_PASSWORD \
    SHOPX_REPLICATION_PASSWORD
}
ask() {
  psql --quiet --no-psqlrc --host=/var/run/shopx --username=postgres --dbname=postgres \
    --set=ON_ERROR_STOP=1 "$@"
}
set_roles() {
  ask --file=/etc/shopx/roles.sql
}
read_secrets
data=/var/lib/shopx/data/pgdata
version=$(postgres --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')

if [ -s "$data/PG_VERSION" ]; then
  made=$(cat "$data/PG_VERSION")
  if [ "$made" != "$version" ]; then
    echo "The data were made by PostgreSQL $made and this image has $version." \
      "Set spec.images.postgres to an image of $made, or dump with that one and restore" \
      "(docs/operations.md)." >&2
    exit 1
  fi
fi
# It is of an earlier container, and its process number may be another's by now. No other pod has
# the volume, because a StatefulSet starts a pod after the last one is gone.
rm -f "$data/postmaster.pid"

if [ -f "$data/standby.signal" ]; then
  echo "These are the data of a replica, and may lack the newest orders. Set" \
    "spec.database.bundled.instances to the number of servers that the database had." >&2
  exit 1
elif [ ! -s "$data/PG_VERSION" ]; then
  # An interrupted first start leaves no data: the folder gets its name when it is complete.
  rm -rf "$data.new"
  initdb --pgdata="$data.new" --username=postgres --auth-local=peer --auth-host=reject \
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
private="-c listen_addresses='' -c unix_socket_directories=/var/run/shopx"
pg_ctl --pgdata="$data" --silent --wait --timeout=3600 --log=/tmp/prepare.log \
  --options="$private -c hba_file=/etc/shopx/pg_hba.conf" start \
  || { cat /tmp/prepare.log >&2; exit 1; }
set_roles
pg_ctl --pgdata="$data" --silent --wait --timeout=3600 --mode=fast stop

# The trap calls it.
# shellcheck disable=SC2329
stop() {
  kill -INT "$server" 2>/dev/null || true
}
trap stop TERM INT
postgres -D "$data" "$@" &
server=$!

# The kubelet brings a changed Secret within two minutes.
follow() {
  known=$secrets
  while sleep 2; do
    read_secrets
    [ "$secrets" = "$known" ] || { set_roles && known=$secrets; } || true
  done
}
follow &
follower=$!
code=0
wait "$server" || code=$?
# A signal ends `wait` early, while the server still writes.
while kill -0 "$server" 2>/dev/null; do
  code=0
  wait "$server" || code=$?
done
kill "$follower" 2>/dev/null || true
exit "$code"
