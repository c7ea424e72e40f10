# The server as one file with the app inside, and the programs of the embedded PostgreSQL beside it.
# Build from the root of the repository: docker build -f docker/server.Dockerfile -t mission-control/server .
FROM docker.io/oven/bun:1.4.5-debian AS build
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
COPY ui/package.json ui/
COPY bridge/package.json bridge/
RUN bun install --frozen-lockfile --ignore-scripts
COPY . .
RUN bun run build
RUN bun scripts/compile-server.ts --target host --folder --out /out
RUN mv /out/mission-control-* /out/mission-control

FROM docker.io/library/debian:12-slim
RUN groupadd --gid 10001 mission-control
RUN useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin mission-control
RUN install -d -o 10001 -g 10001 -m 700 /data
COPY --from=build /out/mission-control /opt/mission-control
ENV PATH=/opt/mission-control:/usr/bin:/bin \
    MC_HOST=0.0.0.0 \
    MC_PORT=3000 \
    MC_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["/opt/mission-control/mission-control", "health"]
ENTRYPOINT ["/opt/mission-control/mission-control"]
CMD ["serve"]
