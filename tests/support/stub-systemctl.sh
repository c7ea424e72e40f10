#!/bin/bash
# Stands in for systemctl where no systemd runs: starts the program of the unit as its user with its settings, and nothing
# else of it (no limits, no dependencies). Keeps its calls in /var/log/systemctl.
set -euo pipefail
echo "$*" >>/var/log/systemctl
words=()
now=no
for word in "$@"; do
  case "$word" in
    --now) now=yes ;;
    --*) ;;
    *) words+=("$word") ;;
  esac
done
action=${words[0]}
service=${words[1]:-}
unit=/etc/systemd/system/$service.service
pid_file=/var/lib/stub-$service.pid
of() { sed -n "s/^$1=//p" "$unit"; }
active() { [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; }
stop() {
  active || return 0
  kill -TERM "$(cat "$pid_file")"
  while active; do sleep 0.05; done
  rm -f "$pid_file"
}
start() {
  local line settings=()
  while IFS= read -r line; do
    case "$line" in [A-Z]*=*) settings+=("$line") ;; esac
  done <"$(of EnvironmentFile)"
  cd "$(of WorkingDirectory)"
  read -ra command <<<"$(of ExecStart)"
  setsid setpriv --reuid="$(of User)" --regid="$(of Group)" --init-groups --inh-caps=-all \
    env -i PATH=/usr/bin:/bin "${settings[@]}" "${command[@]}" >>/var/log/service.log 2>&1 </dev/null &
  echo $! >"$pid_file"
}
case "$action" in
  is-active) active ;;
  restart) stop && start ;;
  enable) touch "/var/lib/stub-$service.enabled" ;;
  disable)
    rm -f "/var/lib/stub-$service.enabled"
    [ "$now" = no ] || stop
    ;;
  daemon-reload) ;;
  *) exit 1 ;;
esac
