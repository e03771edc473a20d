# Replaces valkey/valkey:8.1-alpine where no image registry can be reached: Debian's Redis with Valkey's names.
FROM node:24-bookworm-slim
RUN apt-get -qq update && apt-get -qq install -y --no-install-recommends redis-server >/dev/null && rm -rf /var/lib/apt/lists/* \
  && ln -s /usr/bin/redis-server /usr/local/bin/valkey-server && ln -s /usr/bin/redis-cli /usr/local/bin/valkey-cli \
  && mkdir -p /data
WORKDIR /data
ENTRYPOINT []
CMD ["valkey-server"]
