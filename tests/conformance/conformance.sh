#!/bin/sh
# One job: hold a weft binary against Neutron's own clients: install them, and run main.py.
#
#   tests/conformance/conformance.sh BINARY FOLDER [main.py's arguments]
#
# The clients go to FOLDER, once for each digest of requirements.txt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2

keystone=$("$here/../keystone/keystone.sh" "$folder/keystone")
version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
clients=$folder/clients-$version-$(sha256sum <"$here/requirements.txt" | cut -c 1-16)
if [ ! -e "$clients/complete" ]; then
    rm -rf "$clients"
    python3 -m venv "$clients"
    "$clients/bin/pip" install -q --disable-pip-version-check --no-deps -r "$here/requirements.txt"
    touch "$clients/complete"
fi
exec "$clients/bin/python" "$here/main.py" --weft "$binary" --keystone "$keystone" --cloud "$folder/keystone/cloud" "$@"
