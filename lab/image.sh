#!/bin/sh
# One job: build one of the lab's two images, quietly unless it fails.
#
#   lab/image.sh node
#   lab/image.sh controller
set -eu
here=$(cd "$(dirname "$0")" && pwd)
log=/tmp/weft-image-$1.log
"$here/docker" build -t "weft-$1" "$here/$1" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    exit 1
}
