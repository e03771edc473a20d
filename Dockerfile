# Image of the gateway: it listens on 0.0.0.0:8080, runs as user `node` and never writes to its file system.
#
#   docker build -t agentos-gateway .
#   docker run --rm --read-only -p 127.0.0.1:8080:8080 agentos-gateway      # the demo
#   docker run --rm --read-only -p 127.0.0.1:8080:8080 -v ./gateway.yaml:/etc/agentos-gateway/gateway.yaml:ro \
#     agentos-gateway --config /etc/agentos-gateway/gateway.yaml

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools/node/package.json tools/node/
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY . .
RUN npm run build -- --lean \
  && npm run --silent sbom >sbom.cdx.json

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts
COPY tools/image/trim-modules.sh tools/image/
RUN sh tools/image/trim-modules.sh node_modules

FROM node:24-bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="AgentOS Gateway" \
  org.opencontainers.image.description="One URL in front of several AgentOS (Agno) instances" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
# No compile cache: a container starts once and cannot store it.
# The address is set here, because the one in a config file is meant for a machine; --host and --port override both.
ENV NODE_ENV=production NODE_DISABLE_COMPILE_CACHE=1 AGENTOS_GATEWAY_HOST=0.0.0.0 AGENTOS_GATEWAY_PORT=8080
WORKDIR /app
# Owned by root, so that the gateway cannot change its own program.
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
# SBOM of everything above the base image, as CycloneDX.
COPY --from=build /app/sbom.cdx.json ./
COPY package.json LICENSE ./
# A numeric id, so that Kubernetes can verify that it is not root; any other user works as well.
USER 1000:1000
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=500ms --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.AGENTOS_GATEWAY_PORT + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form, so that node is process 1 and receives SIGTERM itself: it drains and exits with 0. Arguments of `docker run`
# are appended: options, or another command such as `check`.
ENTRYPOINT ["node", "dist/server.js"]
