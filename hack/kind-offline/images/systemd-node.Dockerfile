# What a kind node needs besides Kubernetes: systemd, containerd, CNI plugins, and the files that
# kind's own Go module has for its base image.
FROM localhost/shopx-kind/debian
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      bash ca-certificates conntrack containerd containernetworking-plugins curl dbus ebtables \
      ethtool hostname iproute2 iptables jq kmod mount nftables pigz procps python3 runc socat \
      systemd util-linux \
 && rm -rf /var/lib/apt/lists/* /etc/cni/net.d/* \
 && mkdir -p /opt/cni /etc/kubernetes/manifests && ln -s /usr/lib/cni /opt/cni/bin
# Only what a node starts: the rest of systemd's units wants hardware.
RUN rm -f /lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service \
      /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \
      /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/basic.target.wants/* \
      /lib/systemd/system/sockets.target.wants/*udev* \
      /lib/systemd/system/sockets.target.wants/*initctl* \
 && echo "ReadKMsg=no" >> /etc/systemd/journald.conf \
 && ln -sf /usr/lib/systemd/systemd /sbin/init
COPY files/ /
RUN chmod 755 /usr/local/bin/* /kind /kind/bin /kind/bin/* \
 && rm -f /etc/systemd/system/containerd-fuse-overlayfs.service \
 && ln -sf /usr/bin/containerd /usr/local/bin/containerd \
 && ctr oci spec \
    | jq '.hooks.createContainer[.hooks.createContainer | length] |= . + {"path": "/kind/bin/mount-product-files.sh"}' \
    > /etc/containerd/cri-base.json \
 && systemctl enable kubelet containerd undo-mount-hacks import-images \
 && systemctl mask systemd-binfmt
ENV container=docker
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
