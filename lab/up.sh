#!/bin/sh
# One job: bring the lab up, from whatever is missing on this machine to four running containers.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/engine.sh" start
"$here/base.sh"
"$here/image.sh" node
"$here/binary.sh"
"$here/image.sh" controller
"$here/compose" up -d
