"""The files that the servers of a replicated cache start with: a Valkey and a Sentinel in each pod.

Sentinels decide which server is the primary. The scripts decide only how a server begins, by what
the Sentinels say, so that an empty one never becomes the primary that the others copy. They need
bash and the programs of coreutils and util-linux, which Debian's images have: Valkey's client is
in none of ours.

The environment names this pod (`SHOPX_HOST`) and all (`SHOPX_HOSTS`, the first one first). Each
name is that of a Service of one pod, so it outlives the pod's address.
"""

from typing import Final

from shopx_core.containers.servers import REDIS_PORT, SENTINEL_PORT

FILES: Final = "/etc/shopx-scripts"
PASSWORD_FILE: Final = "password"  # noqa: S105 -- a file's name
PRIMARY_NAME: Final = "shopx"
"""By which the Sentinels know the primary."""
DOWN_AFTER_SECONDS: Final = 3
"""When a Sentinel takes a server for lost; a failover begins when two of them do."""
FAILOVER_SECONDS: Final = 3
"""When a failover that does not get on is given up; the next one begins at twice that."""
LAG_SECONDS: Final = 5
"""A primary that no replica has answered for so long refuses writes: it is cut off, and what it
took would be lost when it comes back."""
QUORUM: Final = 2

_ASK: Final = r"""# ask.sh HOST PORT WORD…: sends a command and prints the reply, a value a line.
set -eu
LC_ALL=C
host=$1 port=$2
shift 2
send() {
  printf '*%d\r\n' "$#" >&3
  for word in "$@"; do printf '$%d\r\n%s\r\n' "${#word}" "$word" >&3; done
}
line() {
  IFS= read -r reply <&3
  reply=${reply%$'\r'}
}
value() {
  line
  case $reply in
    '*'*)
      local left=${reply#?}
      while [ "$left" -gt 0 ]; do
        value
        left=$((left - 1))
      done ;;
    '$-1') echo ;;
    '$'*) line; printf '%s\n' "$reply" ;;
    -*) printf '%s\n' "${reply#?}" >&2; exit 1 ;;
    *) printf '%s\n' "${reply#?}" ;;
  esac
}
exec 3<>"/dev/tcp/$host/$port"
send AUTH "$(cat "$SHOPX_PASSWORD_FILE")"
value >/dev/null
send "$@"
value
"""

_COMMON: Final = f"""# What the other scripts share.
set -u
here=$(dirname "$0")
server_port=${{SHOPX_SERVER_PORT:-{REDIS_PORT}}}
sentinel_port=${{SHOPX_SENTINEL_PORT:-{SENTINEL_PORT}}}
self=${{SHOPX_SELF:-127.0.0.1}}
ask() {{ timeout 2 bash "$here/ask.sh" "$@" 2>/dev/null; }}
say() {{ echo "$SHOPX_HOST: $*" >&2; }}

# What a server says that it is: master or slave; nothing if it does not answer.
role() {{ ask "$1" "$server_port" ROLE | head -n 1; }}
own_role() {{ role "$self"; }}

# The primary that the most Sentinels name, and how many do.
elected() {{
  for host in $SHOPX_HOSTS; do
    ask "$host" "$sentinel_port" SENTINEL GET-MASTER-ADDR-BY-NAME {PRIMARY_NAME} | head -n 1 &
  done | sort | uniq -c | sort -rn | awk 'NF == 2 {{ print $1, $2; exit }}'
}}

# Another server that says that it is the primary.
other_primary() {{
  for host in $SHOPX_HOSTS; do
    if [ "$host" != "$SHOPX_HOST" ] && [ "$(role "$host")" = master ]; then
      echo "$host"
      return
    fi
  done
}}

# Whether another server answers.
accompanied() {{
  for host in $SHOPX_HOSTS; do
    if [ "$host" != "$SHOPX_HOST" ] && [ -n "$(role "$host")" ]; then return 0; fi
  done
  return 1
}}

# Ask a Sentinel of another pod for another primary, now or in a coordinated way. Only one: two
# would choose two.
fail_over() {{
  how=$1
  for host in $SHOPX_HOSTS; do
    if [ "$host" = "$SHOPX_HOST" ]; then continue; fi
    said=$(timeout 2 bash "$here/ask.sh" "$host" "$sentinel_port" \
      SENTINEL FAILOVER {PRIMARY_NAME} ${{how:+"$how"}} 2>&1)
    case $said in OK | INPROG*) return 0 ;; esac
  done
  return 1
}}
"""

_SERVER: Final = """# server.sh DIRECTORY ARGUMENT…: starts the server.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
directory=$1
shift
first=${SHOPX_HOSTS%% *}
has_data() {
  [ -n "$(find "$directory/appendonlydir" -type f -size +0 2>/dev/null | head -n 1)" ]
}
as_primary() {
  say "starts as the primary"
  exec redis-server "$@" --replicaof "no one"
}

# A pod that is evicted hands over beside the one that replaces it, under the same name. Connections
# go to either, so one that is refused says little.
replaces_another() {
  for _ in $(seq 16); do
    if [ -n "$(role "$SHOPX_HOST")" ]; then return 0; fi
  done
  return 1
}
waits=0
while replaces_another; do
  if [ $((waits % 20)) -eq 0 ]; then say "waits for the end of the pod that it replaces"; fi
  waits=$((waits + 1))
  sleep 0.5
done
# Two servers of one folder would spoil its files. The lock is the server's until it ends.
exec 9>>"$directory/lock"
flock 9 || say "starts without a lock of its folder"

tries=0
while :; do
  tries=$((tries + 1))
  read -r votes primary <<<"$(elected)"
  # One Sentinel alone may be behind the others.
  if [ "${votes:-0}" -eq 1 ] && [ "$tries" -lt 10 ]; then
    sleep 1
    continue
  fi
  if [ -z "${primary:-}" ]; then
    primary=$(other_primary)
    if [ -z "$primary" ] && [ "$SHOPX_HOST" = "$first" ] && [ "$tries" -gt 3 ]; then
      # Nothing is known and nothing runs: the first server begins, with the volume if there is one.
      as_primary "$@"
    fi
  elif [ "$primary" = "$SHOPX_HOST" ]; then
    # Sentinels name who has handed over for a moment longer. Which of the two leads, they decide.
    if [ "$tries" -le 30 ] && [ -n "$(other_primary)" ]; then
      sleep 1
      continue
    fi
    if has_data; then as_primary "$@"; fi
    # The others would copy that there is nothing.
    if accompanied; then
      say "has no data, and asks for another primary"
      fail_over "" || :
    elif [ "$tries" -gt 30 ]; then
      as_primary "$@"
    fi
    primary=
  fi
  if [ -n "$primary" ]; then
    say "starts as a replica of $primary"
    exec redis-server "$@" --replicaof "$primary $server_port"
  fi
  if [ $((tries % 10)) -eq 0 ]; then say "waits for a primary; the first server begins: $first"; fi
  sleep 1
done
"""

_SENTINEL: Final = f"""# sentinel.sh: starts the Sentinel when a primary is known.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
while :; do
  read -r _ primary <<<"$(elected)"
  if [ -z "${{primary:-}}" ]; then
    primary=$(other_primary)
    if [ -z "$primary" ] && [ "$(own_role)" = master ]; then primary=$SHOPX_HOST; fi
  fi
  if [ -n "$primary" ]; then break; fi
  sleep 1
done
password=$(cat "$SHOPX_PASSWORD_FILE")
password=${{password//\\\\/\\\\\\\\}}
password=${{password//\\"/\\\\\\"}}
folder=$(dirname "$SHOPX_SENTINEL_FILE")
umask 077
# The Sentinel rewrites it. What it holds is learned again from the others.
cat >"$SHOPX_SENTINEL_FILE" <<END
bind ${{SHOPX_BIND:-* -::*}}
port $sentinel_port
dir $folder
loglevel warning
requirepass "$password"
sentinel sentinel-pass "$password"
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $SHOPX_HOST
sentinel announce-port $sentinel_port
sentinel myid $(printf %s "$SHOPX_HOST" | sha1sum | cut -c 1-40)
sentinel monitor {PRIMARY_NAME} $primary $server_port {QUORUM}
sentinel auth-pass {PRIMARY_NAME} "$password"
sentinel down-after-milliseconds {PRIMARY_NAME} {DOWN_AFTER_SECONDS * 1000}
sentinel failover-timeout {PRIMARY_NAME} {FAILOVER_SECONDS * 1000}
sentinel parallel-syncs {PRIMARY_NAME} 1
END
say "watches $primary"
exec redis-server "$SHOPX_SENTINEL_FILE" --sentinel
"""

_STOP: Final = """# stop.sh: a primary that is about to stop hands over, without loss where it can.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
if [ "$(own_role)" != master ] || ! accompanied; then exit 0; fi
# Valkey since 9 waits until the next primary has everything.
fail_over COORDINATED || fail_over "" || exit 0
for try in $(seq 50); do
  if [ "$(own_role)" != master ]; then exit 0; fi
  # Sentinels give up a hand-over that does not get on.
  if [ $((try % 15)) -eq 0 ]; then fail_over "" || :; fi
  sleep 0.2
done
"""

_READY: Final = """# ready.sh: whether the server is the primary, or has what the primary has.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
found=$(ask "$self" "$server_port" ROLE)
case $found in
  master*) exit 0 ;;
  slave*connected*) exit 0 ;;
esac
echo "${found:-the server does not answer}"
exit 1
"""

REPLICATED_FILES: Final = {
    "ask.sh": _ASK,
    "common.sh": _COMMON,
    "server.sh": _SERVER,
    "sentinel.sh": _SENTINEL,
    "stop.sh": _STOP,
    "ready.sh": _READY,
}
"""The scripts of a pod, by name."""


def script(name: str, *arguments: str) -> list[str]:
    """The words that run a script in a pod."""
    return ["bash", f"{FILES}/{name}", *arguments]


def replication_arguments(host: str) -> list[str]:
    """The arguments of one of several servers, beside those of any.

    Args:
        host: Its name, by which the others know it.
    """
    return [
        *("--replica-announce-ip", host),
        *("--replica-announce-port", str(REDIS_PORT)),
        *("--min-replicas-to-write", "1"),
        *("--min-replicas-max-lag", str(LAG_SECONDS)),
        *("--repl-diskless-sync-delay", "0"),
    ]
