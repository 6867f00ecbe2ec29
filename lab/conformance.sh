#!/bin/sh
# One job: run the conformance suite (tests/conformance) with all that it needs on this machine.
#
#   lab/conformance.sh [main.py's arguments]      WEFT_BIN=BINARY to take one that is built already
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
export WEFT_DOCKER="${WEFT_DOCKER:-$PWD/lab/docker}"

lab/engine.sh start
lab/base.sh
lab/image.sh node
lab/judges.sh "$target/judges"
judges=$(cd "$target/judges" && pwd)
export PATH="$judges/bin:$PATH" WEFT_OVS_SCHEMA="$judges/root/usr/share/openvswitch/vswitch.ovsschema"

if [ -z "${WEFT_BIN:-}" ]; then
    cargo build --bin weft
    WEFT_BIN=$target/debug/weft
fi
exec tests/conformance/conformance.sh "$WEFT_BIN" "$target" "$@"
