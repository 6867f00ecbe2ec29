#!/bin/sh
# One job: run every check and test there is, setting up what they need, and stop at the first that fails.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
step() { printf '\n==== %s (%s)\n' "$1" "$(date +%T)"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

step "what the checks need"
have() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$2" </dev/null
}
have shellcheck shellcheck
have curl curl
have openssl openssl
export PATH="$PATH:/usr/sbin"
have mariadbd mariadb-server-core
export WEFT_REQUIRE_MYSQL=1
tests/keystone/keystone.sh "$target/keystone"
lab/engine.sh start
lab/base.sh
lab/image.sh node
lab/judges.sh "$target/judges"
# Open vSwitch of the version the nodes run judges what our codecs write and read.
judges=$(cd "$target/judges" && pwd)
export WEFT_DOCKER="${WEFT_DOCKER:-$PWD/lab/docker}"
export PATH="$judges/bin:$PATH" WEFT_OVS_OFCTL="$judges/bin/ovs-ofctl" WEFT_REQUIRE_OVS=1
export WEFT_OVS_SCHEMA="$judges/root/usr/share/openvswitch/vswitch.ovsschema"

step "format, lints, documentation"
make lint

step "build everything"
# The lab takes the binary that the tests are built with: one compilation less.
cargo build --workspace --all-targets --all-features
WEFT_BIN="$target/debug/weft" lab/up.sh

step "tests of all crates, and on the lab"
export WEFT_LAB=1
if command -v cargo-nextest >/dev/null; then
    cargo nextest run --workspace --all-features --no-fail-fast
    cargo test --workspace --all-features --doc
else
    cargo test --workspace --all-features --no-fail-fast
fi
