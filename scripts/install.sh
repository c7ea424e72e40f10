#!/usr/bin/env bash
# Installs Mission Control on Debian or Ubuntu, upgrades it, and removes it again.
#
#   curl -fsSL ADDRESS/install.sh | sudo bash -s -- --domain mc.example.com
#   curl -fsSL ADDRESS/install.sh | sudo bash -s -- --no-docker
#
# See --help. Running it again changes nothing but what is newer. All of it is in braces, which the shell reads to their
# end before it runs what is in them: a download that breaks off runs nothing, wherever it does.
{
set -euo pipefail

# Where releases lie, with %s for the version. The release fills it in.
RELEASES="${MC_RELEASES:-}"
IMAGE="${MC_IMAGE:-mission-control/server}"
VERSION="${MC_VERSION:-}"

PREFIX=/opt/mission-control
ETC=/etc/mission-control
DATA=/var/lib/mission-control
UNIT=/etc/systemd/system/mission-control.service
WRAPPER=/usr/local/bin/mission-control
USER_NAME=mission-control
# The first line of every file that this script writes: it replaces and removes no other.
MARK="Written by install.sh of Mission Control."

usage() {
  cat <<'TEXT'
Usage: install.sh [options]

  --no-docker         the single-file program with a systemd unit, instead of containers
  --domain HOST       host that people open, with https; needed with Docker. Without Docker a proxy of your own
                      has to provide TLS for it; without --domain the server is for this machine only
  --port N            port of the server without Docker (3000)
  --from PLACE        folder or address with the files of a release, instead of the release of this script
  --version V         version to install, instead of that of this script
  --no-backup         no backup before an upgrade
  --uninstall         stop and remove it; data and settings stay
  --purge             with --uninstall: remove data, settings and secrets too
  --help              this

Run as root. Settings and secrets are in /etc/mission-control (mode 600), data in /var/lib/mission-control or in volumes.
TEXT
}

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "install.sh: $*"
  exit 1
}

main() {
  DOCKER=yes
  DOMAIN=""
  PORT=3000
  FROM=""
  BACKUP=yes
  ACTION=install
  PURGE=no
  while [ $# -gt 0 ]; do
    case "$1" in
      --no-docker) DOCKER=no ;;
      --no-backup) BACKUP=no ;;
      --uninstall) ACTION=uninstall ;;
      --purge) PURGE=yes ;;
      --domain | --port | --from | --version)
        [ $# -ge 2 ] || mistake "$1 needs a value."
        case "$1" in
          --domain) DOMAIN=$2 ;;
          --port) PORT=$2 ;;
          --from) FROM=$2 ;;
          --version) VERSION=$2 ;;
        esac
        shift
        ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) mistake "There is no option $1." ;;
    esac
    shift
  done
  local label='[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?'
  [[ "$DOMAIN" =~ ^($label(\.$label)*)?$ ]] || mistake "--domain is a host name, without https:// and without a path."
  [[ "$PORT" =~ ^[1-9][0-9]{0,4}$ && "$PORT" -le 65535 ]] || mistake "--port is a number from 1 to 65535."
  [[ "$VERSION" =~ ^([A-Za-z0-9][A-Za-z0-9.+-]*)?$ ]] || mistake "--version is a version such as 1.2.3."
  [[ "$IMAGE" =~ ^[A-Za-z0-9][A-Za-z0-9._:/-]*$ ]] || mistake "MC_IMAGE is the name of an image."
  [ "$PURGE" = no ] || [ "$ACTION" = uninstall ] || mistake "--purge belongs to --uninstall."
  [ "$(id -u)" = 0 ] || fail "Run it as root: sudo bash install.sh …"
  umask 022
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
  if [ "$ACTION" = uninstall ]; then
    uninstall
  elif [ "$DOCKER" = yes ]; then
    install_docker
  else
    install_program
  fi
}

mistake() {
  say "$*"
  say ""
  usage >&2
  exit 2
}

# -- what both ways share ---------------------------------------------------------------------------------------------

need() {
  local missing=()
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${missing[*]} …"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# fetch NAME: brings a file of the release into the work folder and compares its sum.
fetch() {
  local name=$1
  bring "$name"
  [ -f "$WORK/SHA256SUMS" ] || bring SHA256SUMS
  (cd "$WORK" && grep -E "^[0-9a-f]{64}  $(printf '%s' "$name" | sed 's/[.]/[.]/g')\$" SHA256SUMS >"$WORK/sum") ||
    fail "The sums of the release do not name $name."
  (cd "$WORK" && sha256sum --check --status sum) || fail "$name is damaged: its SHA-256 is another."
}

bring() {
  local name=$1 place=$FROM
  if [ -z "$place" ]; then
    [ -n "$RELEASES" ] || fail "Say with --from where the files of the release are: a folder or an address."
    # Not by printf: an address may hold other signs of percent.
    place=${RELEASES//%s/$VERSION}
  fi
  case "$place" in
    http://* | https://*)
      need ca-certificates curl
      curl --fail --silent --show-error --location --output "$WORK/$name" "${place%/}/$name" ||
        fail "$name could not be downloaded from $place."
      ;;
    *)
      [ -f "$place/$name" ] || fail "There is no $place/$name."
      cp -- "$place/$name" "$WORK/$name"
      ;;
  esac
}

# ours FILE…: refuses files that somebody else wrote, before anything is changed.
ours() {
  local file
  for file in "$@"; do
    if [ -e "$file" ] && ! grep -qF "$MARK" "$file"; then
      fail "$file was not written by this script. Move it away, and run it again."
    fi
  done
}

# put MODE SOURCE FILE: gives FILE the text of SOURCE, whole and with its mode from the beginning. CHANGED: yes or no.
put() {
  local mode=$1 source=$2 file=$3
  CHANGED=no
  if [ -e "$file" ] && cmp -s "$source" "$file" && [ "$(stat -c %a "$file")" = "$mode" ]; then return 0; fi
  CHANGED=yes
  install -m "$mode" "$source" "$file.new"
  mv "$file.new" "$file"
}

# secret: 48 random bytes, without characters that shells, URLs or env files treat in their own way.
secret() { head -c 48 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# setting FILE NAME VALUE: adds a line NAME=VALUE, unless the file has one. What an operator changed stays.
setting() {
  local file=$1 name=$2 value=$3
  if grep -q "^$name=" "$file"; then return 0; fi
  # An editor may leave the last line without an end, which the new one would continue.
  [ -z "$(tail -c 1 "$file")" ] || printf '\n' >>"$file"
  printf '%s=%s\n' "$name" "$value" >>"$file"
}

# change FILE NAME VALUE: sets the line of a setting that was given on the command line.
change() {
  local file=$1 name=$2 value=$3 fresh
  fresh=$(mktemp "$file.XXXXXX")
  chmod 600 "$fresh"
  grep -v "^$name=" "$file" >"$fresh" || true
  printf '%s=%s\n' "$name" "$value" >>"$fresh"
  mv "$fresh" "$file"
}

private_file() {
  local file=$1
  install -d -m 700 "$(dirname "$file")"
  if [ ! -e "$file" ]; then
    (umask 077 && printf '# %s Lines NAME=value; see docs/configuration.md.\n' "$MARK" >"$file")
  fi
  chmod 600 "$file"
}

architecture() {
  case "$(uname -m)" in
    x86_64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) fail "There is no program for $(uname -m)." ;;
  esac
}

# -- the single-file program ------------------------------------------------------------------------------------------

install_program() {
  command -v systemctl >/dev/null || fail "There is no systemd here. Start the program by your own means; see docs/operations.md."
  local env=$ETC/server.env archive folder current=$PREFIX/current version='' changed=no
  ours "$WRAPPER" "$UNIT" "$env"
  archive="mission-control-linux-$(architecture).tar.gz"
  need tar
  fetch "$archive"
  # Two builds of one version are two folders. One that is there needs no unpacking: it was renamed when it was whole.
  for folder in "$PREFIX"/*-"$(cut -c1-12 "$WORK/sum")"; do
    [ ! -x "$folder/mission-control" ] || version=${folder##*/}
  done
  if [ -z "$version" ]; then
    tar -xzf "$WORK/$archive" -C "$WORK" --no-same-owner
    folder="$WORK/${archive%.tar.gz}"
    [ -x "$folder/mission-control" ] || fail "$archive holds no program."
    version="$("$folder/mission-control" --version)-$(cut -c1-12 "$WORK/sum")"
  fi

  if ! id "$USER_NAME" >/dev/null 2>&1; then
    useradd --system --user-group --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin "$USER_NAME"
    changed=yes
  fi
  install -d -m 700 -o "$USER_NAME" -g "$USER_NAME" "$DATA"
  private_file "$env"
  setting "$env" MC_JWT_SECRET "$(secret)"
  setting "$env" MC_KEY_PEPPER "$(secret)"
  setting "$env" MC_METRICS_TOKEN "$(secret)"
  setting "$env" MC_DATA_DIR "$DATA"
  setting "$env" MC_PORT "$PORT"
  setting "$env" MC_BACKUP_SCHEDULE "0 3 * * *"
  if [ -n "$DOMAIN" ]; then
    change "$env" MC_PUBLIC_URL "https://$DOMAIN"
    setting "$env" MC_TRUSTED_PROXIES 127.0.0.1,::1
  fi

  install -d -m 755 "$PREFIX"
  if [ ! -d "$PREFIX/$version" ]; then
    rm -rf "$PREFIX/$version.new"
    mv "$folder" "$PREFIX/$version.new"
    chown -R root:root "$PREFIX/$version.new"
    chmod -R go-w "$PREFIX/$version.new"
    mv "$PREFIX/$version.new" "$PREFIX/$version"
  fi
  wrapper >"$WORK/wrapper"
  put 755 "$WORK/wrapper" "$WRAPPER"
  [ "$CHANGED" = no ] || changed=yes
  unit >"$WORK/unit"
  put 644 "$WORK/unit" "$UNIT"
  if [ "$CHANGED" = yes ]; then
    changed=yes
    systemctl daemon-reload
  fi

  local before=""
  [ ! -L "$current" ] || before=$(readlink "$current")
  if [ "$before" != "$version" ]; then
    changed=yes
    if [ -n "$before" ] && [ "$BACKUP" = yes ]; then
      say "Backing up before the upgrade …"
      "$WRAPPER" backup >&2 || fail "The backup failed, and nothing was upgraded. See above, or use --no-backup."
    fi
    # A rename: at every moment the link leads to a whole version.
    ln -s "$version" "$PREFIX/current.new"
    mv -T "$PREFIX/current.new" "$current"
  fi
  systemctl enable --quiet mission-control
  if [ "$changed" = yes ] || ! systemctl is-active --quiet mission-control; then
    systemctl restart mission-control
  fi
  await_ready
  remove_older "$version" "$before"
  say ""
  say "Mission Control $version runs$([ "$changed" = yes ] || printf ' (nothing was to be done)')."
  say "  settings   $env"
  say "  data       $DATA"
  say "  log        journalctl -u mission-control"
  say "  commands   mission-control --help"
  if [ -z "$DOMAIN" ] && ! grep -q '^MC_PUBLIC_URL=' "$env"; then
    say "It is for this machine: http://localhost:$PORT. For others: a proxy with TLS, and --domain HOST."
  fi
  say "The first log lines name the link to set it up."
}

await_ready() {
  for _ in $(seq 1 120); do
    if "$WRAPPER" health >/dev/null 2>&1; then return 0; fi
    sleep 0.5
  done
  fail "The server did not become ready. See: journalctl -u mission-control"
}

# The version before this one stays: its PostgreSQL may be needed by "mission-control upgrade-database".
remove_older() {
  local keep=$1 before=$2 folder
  for folder in "$PREFIX"/*-????????????; do
    [ -d "$folder" ] || continue
    case "${folder##*/}" in
      "$keep" | "$before") ;;
      *) rm -rf "$folder" ;;
    esac
  done
}

wrapper() {
  cat <<TEXT
#!/bin/sh
# $MARK Runs a command with the settings of the service, as its user.
set -eu
[ "\$(id -u)" = 0 ] || { echo "Run it as root: sudo mission-control …" >&2; exit 1; }
while IFS= read -r line || [ -n "\$line" ]; do
  case "\${line%%=*}" in
    "\$line" | *[!A-Z0-9_]*) ;;
    [A-Z]*) export "\$line" ;;
  esac
done <$ETC/server.env
cd $DATA
exec setpriv --reuid=$USER_NAME --regid=$USER_NAME --init-groups --inh-caps=-all $PREFIX/current/mission-control "\$@"
TEXT
}

unit() {
  cat <<TEXT
# $MARK Change it with: systemctl edit mission-control
[Unit]
Description=Mission Control
Wants=network-online.target
After=network-online.target

[Service]
Type=exec
User=$USER_NAME
Group=$USER_NAME
EnvironmentFile=$ETC/server.env
ExecStart=$PREFIX/current/mission-control serve
WorkingDirectory=$DATA
Restart=always
RestartSec=2s
# The server drains within ten seconds and then stops its database; a signal to the database alone would come too early.
KillMode=mixed
TimeoutStopSec=30s
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=$DATA
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
LockPersonality=yes
CapabilityBoundingSet=
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
TEXT
}

# -- containers -------------------------------------------------------------------------------------------------------

install_docker() {
  local folder=$PREFIX/docker env
  env=$folder/.env
  if [ -z "$DOMAIN" ] && [ -f "$env" ]; then DOMAIN=$(sed -n 's/^MC_DOMAIN=//p' "$env"); fi
  [ -n "$DOMAIN" ] || mistake "--domain is needed: the host that people open."
  ours "$folder/Caddyfile" "$folder/docker-compose.yml" "$env"
  ensure_docker
  fetch docker-compose.selfhost.yml
  fetch Caddyfile
  install -d -m 755 "$PREFIX"
  install -d -m 700 "$folder"
  private_file "$env"
  setting "$env" POSTGRES_PASSWORD "$(secret)"
  setting "$env" MC_APP_PASSWORD "$(secret)"
  setting "$env" MC_JWT_SECRET "$(secret)"
  setting "$env" MC_KEY_PEPPER "$(secret)"
  setting "$env" MC_METRICS_TOKEN "$(secret)"
  change "$env" MC_DOMAIN "$DOMAIN"
  if [ -n "$VERSION" ]; then
    change "$env" MC_SERVER_IMAGE "$IMAGE:$VERSION"
  else
    setting "$env" MC_SERVER_IMAGE "$IMAGE:latest"
  fi
  local name
  for name in Caddyfile docker-compose.selfhost.yml; do
    printf '# %s\n' "$MARK" | cat - "$WORK/$name" >"$WORK/marked"
    put 644 "$WORK/marked" "$folder/${name/.selfhost/}"
  done
  cd "$folder"
  if [ "$BACKUP" = yes ] && [ -n "$(docker compose ps --quiet server 2>/dev/null)" ]; then
    say "Backing up before the upgrade …"
    docker compose exec -T server mission-control backup >&2 ||
      fail "The backup failed, and nothing was upgraded. See above, or use --no-backup."
  fi
  docker compose pull --quiet || fail "The images could not be fetched."
  # Migrations run before the new server is ready; the old one serves until the new one replaces it.
  docker compose up --detach --no-build --remove-orphans --wait || fail "It did not become ready. See: cd $folder && docker compose logs"
  say ""
  say "Mission Control runs: https://$DOMAIN"
  say "  settings   $env"
  say "  log        cd $folder && docker compose logs server"
  say "  commands   cd $folder && docker compose exec server mission-control --help"
  say "The first log lines of the server name the link to set it up."
}

ensure_docker() {
  if docker compose version >/dev/null 2>&1; then return 0; fi
  need ca-certificates curl gnupg
  local id codename
  # shellcheck source=/dev/null
  id=$(. /etc/os-release && echo "$ID")
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  case "$id" in
    debian | ubuntu) ;;
    *) fail "Install Docker with its compose plugin first; this script does so on Debian and Ubuntu only." ;;
  esac
  say "Installing Docker from its own repository …"
  install -d -m 755 /etc/apt/keyrings
  curl -fsSL "https://download.docker.com/linux/$id/gpg" | gpg --dearmor --yes -o /etc/apt/keyrings/docker.gpg
  chmod a+r /etc/apt/keyrings/docker.gpg
  printf 'deb [arch=%s signed-by=/etc/apt/keyrings/docker.gpg] https://download.docker.com/linux/%s %s stable\n' \
    "$(dpkg --print-architecture)" "$id" "$codename" >/etc/apt/sources.list.d/docker.list
  need docker-ce docker-ce-cli containerd.io docker-compose-plugin
  docker compose version >/dev/null 2>&1 || fail "Docker is installed, but \"docker compose\" does not work."
}

# -- and away again ---------------------------------------------------------------------------------------------------

uninstall() {
  local found=no folder=$PREFIX/docker
  if [ -f "$UNIT" ] && grep -qF "$MARK" "$UNIT"; then
    found=yes
    systemctl disable --now --quiet mission-control || true
    rm -f "$UNIT"
    systemctl daemon-reload
  fi
  if [ -f "$WRAPPER" ] && grep -qF "$MARK" "$WRAPPER"; then
    found=yes
    rm -f "$WRAPPER"
  fi
  if [ -f "$folder/docker-compose.yml" ]; then
    found=yes
    if [ "$PURGE" = yes ]; then
      (cd "$folder" && docker compose down --volumes --remove-orphans)
      rm -rf "$folder"
    else
      (cd "$folder" && docker compose down --remove-orphans)
    fi
  fi
  local version
  for version in "$PREFIX"/*-????????????; do
    if [ -d "$version" ]; then
      found=yes
      rm -rf "$version"
    fi
  done
  rm -f "$PREFIX/current"
  if [ "$PURGE" = yes ]; then
    rm -rf "$DATA" "$ETC/server.env"
    rmdir "$ETC" 2>/dev/null || true
    if id "$USER_NAME" >/dev/null 2>&1; then userdel "$USER_NAME"; fi
  fi
  rmdir "$PREFIX" 2>/dev/null || true
  if [ "$found" = no ] && [ "$PURGE" = no ]; then
    say "Mission Control is not installed here."
  elif [ "$PURGE" = yes ]; then
    say "Mission Control, its data, settings and secrets are removed."
  else
    say "Mission Control is removed. Data and settings stay: $DATA, $ETC, and volumes of Docker. To remove them too: --purge"
  fi
}

main "$@"
exit
}
