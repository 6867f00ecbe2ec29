#!/bin/sh
# One job: have a real Keystone to run in FOLDER: its programs, and a small cloud to copy from.
#
#   tests/keystone/keystone.sh FOLDER        (prints the python to run tests/keystone/serve.py with)
#
# Made once: programs by the digest of requirements.txt, the cloud by that of what makes it. Safe to
# run from many tests at once.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
digest() { cat "$@" | sha256sum | cut -c 1-16; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

exec 9>"$folder/lock"
flock 9

version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
programs=$folder/programs-$version-$(digest "$here/requirements.txt")
if [ ! -e "$programs/complete" ]; then
    rm -rf "$programs"
    if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
        as_root apt-get update -q >&2
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends python3-venv </dev/null >&2
    fi
    python3 -m venv "$programs"
    "$programs/bin/pip" install -q --disable-pip-version-check --no-deps --only-binary :all: \
        -r "$here/requirements.txt" >&2
    touch "$programs/complete"
fi

cloud=$folder/cloud-$(digest "$here/requirements.txt" "$here/serve.py" "$here/cloud.py")
if [ ! -e "$cloud/complete" ]; then
    rm -rf "$cloud"
    mkdir -p "$cloud"
    "$programs/bin/python" "$here/cloud.py" "$cloud" >&2
    touch "$cloud/complete"
fi
ln -sfn "$cloud" "$folder/cloud"
echo "$programs/bin/python"
