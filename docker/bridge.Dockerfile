# mc-bridge as one file.
# Build from the root of the repository: docker build -f docker/bridge.Dockerfile -t mission-control/bridge .
FROM docker.io/oven/bun:1.4.5-debian AS build
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
COPY ui/package.json ui/
COPY bridge/package.json bridge/
RUN bun install --frozen-lockfile --ignore-scripts
COPY . .
RUN bun bridge/scripts/compile.ts --target host --out /out
RUN mv /out/mc-bridge-* /out/mc-bridge

FROM docker.io/library/debian:12-slim
RUN groupadd --gid 10002 mc-bridge
RUN useradd --uid 10002 --gid 10002 --no-create-home --home-dir /data --shell /usr/sbin/nologin mc-bridge
RUN install -d -o 10002 -g 10002 -m 700 /data
COPY --from=build /out/mc-bridge /opt/mission-control/mc-bridge
ENV PATH=/opt/mission-control:/usr/bin:/bin \
    HOME=/data \
    MC_BRIDGE_CONFIG=/etc/mission-control/comms-bridge.yaml
USER 10002:10002
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["/opt/mission-control/mc-bridge", "status"]
ENTRYPOINT ["/opt/mission-control/mc-bridge"]
CMD ["run"]
