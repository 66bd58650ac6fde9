FROM localhost/shopx-kind/debian
COPY coredns /coredns
ENTRYPOINT ["/coredns"]
