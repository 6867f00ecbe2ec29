#!/bin/sh
# One job: put Open vSwitch 3.5's programs, taken out of the node image, where tests can use them as
# judges: FOLDER/bin, runnable on this host whatever its own C library is.
#
#   lab/judges.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
programs="ovs-ofctl ovs-vsctl ovs-appctl ovs-dpctl ovsdb-client ovsdb-tool ovsdb-server ovs-vswitchd"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
image=$("$here/docker" image inspect --format '{{.Id}}' weft-node)
[ "$(cat "$folder/image" 2>/dev/null || true)" != "$image" ] || exit 0

rm -rf "${folder:?}/bin" "${folder:?}/root"
mkdir -p "$folder/bin" "$folder/root"
# shellcheck disable=SC2016  # expanded in the container
"$here/docker" run --rm --env programs="$programs" weft-node sh -c '
    cd / && paths=$(for p in $programs; do command -v $p; done)
    libraries=$(ldd $paths | grep -o "/[^ :]*\.so[^ :]*" | sort -u)
    tar -ch $paths $libraries usr/share/openvswitch/vswitch.ovsschema 2>/dev/null' | tar -xC "$folder/root"
mkdir "$folder/lib"  2>/dev/null || true
find "$folder/root" -name '*.so*' -exec mv {} "$folder/lib/" \;
loader=$(find "$folder/lib" -name 'ld-linux*' | head -n 1)
for program in $programs; do
    path=$(find "$folder/root" -name "$program" -type f | head -n 1)
    cat >"$folder/bin/$program" <<WRAPPER
#!/bin/sh
exec '$loader' --argv0 '$program' --library-path '$folder/lib' '$path' "\$@"
WRAPPER
    chmod +x "$folder/bin/$program"
done
echo "$image" >"$folder/image"
