#!/bin/sh
# One job: have the image debian:trixie-slim, pulled where a registry answers, made by debootstrap where none does.
set -eu
docker=$(dirname "$0")/docker
image=debian:trixie-slim
log=/tmp/weft-debootstrap.log
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

"$docker" image inspect $image >/dev/null 2>&1 && exit 0
if timeout 180 "$docker" pull -q $image 2>/dev/null; then exit 0; fi

echo "lab: $image cannot be pulled; making it with debootstrap (a minute or two, once)"
if ! command -v debootstrap >/dev/null || ! [ -f /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qy --no-install-recommends debootstrap debian-archive-keyring </dev/null
fi
root=$(as_root mktemp -d /var/tmp/weft-base.XXXXXX)
trap 'as_root rm -rf "$root"' EXIT
# No mirror is named here: debootstrap has its own default. WEFT_LAB_MIRROR overrides it.
# shellcheck disable=SC2086
as_root debootstrap --variant=minbase trixie "$root/base" ${WEFT_LAB_MIRROR:-} >$log 2>&1 || {
    tail -n 20 $log >&2
    exit 1
}
as_root rm -rf "$root/base/var/cache/apt/archives" "$root/base/usr/share/doc" "$root/base/usr/share/man"
as_root mkdir -p "$root/base/var/cache/apt/archives/partial"
as_root tar -C "$root/base" -c . | "$docker" import --change 'CMD ["bash"]' - $image
