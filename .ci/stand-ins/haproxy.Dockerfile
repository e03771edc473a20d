# Replaces haproxy:3.2-alpine where no image registry can be reached: Debian's HAProxy in the official layout.
FROM node:24-bookworm-slim
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends haproxy wget >/dev/null && rm -rf /var/lib/apt/lists/*
USER haproxy
STOPSIGNAL SIGUSR1
ENTRYPOINT []
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
