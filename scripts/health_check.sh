#!/bin/sh
# Whether a dashboard serves, for cron and load balancers: one line, and an exit code.
#
#   scripts/health_check.sh [--wait SECONDS] [--token-file FILE] URL
#
#   0  it serves: ready, pages and API
#   1  it answers and is not ready, or one of its parts fails
#   2  it does not answer
#   3  the command line is not right
set -u

WAIT=0 TOKEN='' URL=''
usage() { sed -n '2,9p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 3; }
while [ $# -gt 0 ]; do
  case $1 in
    --wait) [ $# -ge 2 ] || usage; WAIT=$2; shift 2 ;;
    --token-file) [ $# -ge 2 ] || usage; TOKEN=$2; shift 2 ;;
    http://* | https://*) URL=${1%/}; shift ;;
    *) usage ;;
  esac
done
[ -n "$URL" ] || usage
case $WAIT in '' | *[!0-9]*) usage ;; esac
command -v curl >/dev/null || { echo "error: curl is not installed" >&2; exit 3; }
[ -z "$TOKEN" ] || [ -r "$TOKEN" ] || { echo "error: the file $TOKEN cannot be read" >&2; exit 3; }

# The token goes through a file descriptor: every user can see a command line.
ask() { # PATH [OPTIONS]: the status, 000 without an answer
  path=$1; shift
  if [ -n "$TOKEN" ]; then
    { printf 'header = "Authorization: Bearer '; tr -d '\n' <"$TOKEN"; printf '"\n'; } |
      curl -s -o /dev/null -w '%{http_code}' --max-time 10 -K - "$@" "$URL$path"
  else
    curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$@" "$URL$path"
  fi
}

look() {
  ready=$(ask /readyz)
  case $ready in
    000) echo "down: $URL does not answer"; return 2 ;;
    200) ;;
    *) echo "not ready: $URL/readyz answers $ready"; return 1 ;;
  esac
  page=$(ask / -H 'Accept: text/html')
  [ "$page" = 200 ] || { echo "failing: the page answers $page"; return 1; }
  api=$(ask /graphql -H 'Content-Type: application/json' -d '{"query":"{ __typename }"}')
  # Without a token an API that wants one answers 401 or 403, which proves as much.
  case $api in
    200) ;;
    401 | 403) [ -z "$TOKEN" ] || { echo "failing: the token is refused ($api)"; return 1; } ;;
    *) echo "failing: the API answers $api"; return 1 ;;
  esac
  echo "healthy: $URL"
}

until found=$(look); do
  code=$?
  if [ "$WAIT" -le 0 ]; then
    echo "$found"
    exit "$code"
  fi
  WAIT=$((WAIT - 1))
  sleep 1
done
echo "$found"
