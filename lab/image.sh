#!/bin/sh
# One job: build one of the lab's two images, quietly unless it fails.
#
#   lab/image.sh node
#   lab/image.sh controller
set -eu
here=$(cd "$(dirname "$0")" && pwd)
log=/tmp/weft-image-$1.log
id() { "$here/docker" image inspect --format '{{.Id}}' "weft-$1" 2>/dev/null || true; }
before=$(id "$1")
"$here/docker" build -t "weft-$1" "$here/$1" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    exit 1
}
# A former image that nothing runs from is of no use any more.
[ -z "$before" ] || [ "$before" = "$(id "$1")" ] || "$here/docker" rmi "$before" >/dev/null 2>&1 || true
