FROM localhost/shopx-kind/systemd-node
ARG VERSION
COPY kubernetes /usr/local/bin/kubernetes
RUN for name in kubeadm kubelet kubectl; do ln -s /usr/local/bin/kubernetes "/usr/bin/$name"; done \
 && printf %s "$VERSION" > /kind/version
COPY images/ /kind/images/
