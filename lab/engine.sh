#!/bin/sh
# One job: see to it that a Docker engine answers, installing and starting Debian's where there is none.
#
#   lab/engine.sh start   install what is missing, start dockerd when no engine answers
#   lab/engine.sh stop    stop the dockerd that `start` started; anyone else's is left alone
set -eu
pid_file=/run/weft-lab-dockerd.pid
log_file=/var/log/weft-lab-dockerd.log

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
# What counts is that the engine answers at all: a refusal for lack of rights is an answer too.
answers() { as_root docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
has_compose() { docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null; }

install_packages() {
    command -v apt-get >/dev/null || {
        echo "lab: no $* here and no apt-get to install them with; install them by hand" >&2
        exit 1
    }
    echo "lab: installing $*"
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@" </dev/null
}

start() {
    missing=
    command -v dockerd >/dev/null || answers || missing="docker.io iptables"
    has_compose || missing="$missing docker-compose"
    # shellcheck disable=SC2086  # a list of package names
    [ -z "$missing" ] || install_packages $missing
    answers && return
    echo "lab: no Docker engine answers; starting dockerd (log: $log_file)"
    as_root sh -c "dockerd >$log_file 2>&1 </dev/null & echo \$! >$pid_file"
    tries=0
    until answers; do
        tries=$((tries + 1))
        if [ $tries -gt 120 ] || ! as_root kill -0 "$(cat $pid_file)" 2>/dev/null; then
            echo "lab: dockerd did not come up; the end of its log:" >&2
            as_root tail -n 20 $log_file >&2
            exit 1
        fi
        sleep 0.5
    done
}

stop() {
    [ -f $pid_file ] || return 0
    pid=$(cat $pid_file)
    echo "lab: stopping the dockerd that the lab started (pid $pid)"
    as_root kill "$pid" 2>/dev/null || true
    tries=0
    while as_root kill -0 "$pid" 2>/dev/null && [ $tries -lt 60 ]; do
        tries=$((tries + 1))
        sleep 0.5
    done
    as_root rm -f $pid_file
}

case ${1:-} in
start | stop) "$1" ;;
*) echo "usage: $0 start|stop" >&2; exit 2 ;;
esac
