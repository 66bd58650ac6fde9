# Contour and Envoy in one image, under the names that Contour's manifests expect.
FROM localhost/shopx-kind/debian
COPY contour /bin/contour
COPY envoy /usr/local/bin/envoy
