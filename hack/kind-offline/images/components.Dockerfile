# The image of every control-plane component, of kube-proxy, etcd and pause, and of what makes
# volumes.
FROM localhost/shopx-kind/debian
RUN apt-get update \
 && apt-get install -y --no-install-recommends iptables nftables conntrack iproute2 kmod \
 && rm -rf /var/lib/apt/lists/*
COPY kubernetes local-path-provisioner /usr/local/bin/
RUN for name in kube-apiserver kube-controller-manager kube-scheduler kube-proxy etcd kubectl; do \
      ln -s kubernetes "/usr/local/bin/$name"; \
    done \
 && ln -s /usr/local/bin/kubernetes /pause
ENTRYPOINT ["/pause"]
