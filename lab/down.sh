#!/bin/sh
# One job: take the lab away, its data included, and stop the engine if the lab started it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if "$here/docker" version >/dev/null 2>&1; then
    "$here/compose" down --volumes --timeout 3
fi
"$here/engine.sh" stop
