#!/bin/sh
# One job: build the weft binary and put it where the controller's image takes it from.
#
# PROFILE chooses cargo's profile (release unless told); WEFT_BIN names a binary that is there already.
set -eu
cd "$(dirname "$0")/.."
profile=${PROFILE:-release}

toolchain() {
    command -v cargo >/dev/null && return
    [ -x "$HOME/.cargo/bin/cargo" ] && PATH=$HOME/.cargo/bin:$PATH && return
    if apt-cache show rustup >/dev/null 2>&1; then
        echo "lab: no Rust toolchain; installing Debian's rustup and the stable toolchain"
        sudo=$([ "$(id -u)" = 0 ] || echo sudo)
        $sudo apt-get install -qy rustup gcc libc6-dev </dev/null
        rustup default stable
        return
    fi
    echo "lab: weft is built from source and there is no Rust toolchain here, nor a rustup package." >&2
    echo "lab: install Rust ($(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml) or newer) by rustup, or name a built binary in WEFT_BIN." >&2
    exit 1
}

if [ -z "${WEFT_BIN:-}" ]; then
    toolchain
    cargo build --profile "$profile" --bin weft
    folder=$profile
    [ "$profile" != dev ] || folder=debug
    WEFT_BIN=${CARGO_TARGET_DIR:-target}/$folder/weft
fi
if ! strip -o lab/controller/weft.new "$WEFT_BIN" 2>/dev/null; then cp "$WEFT_BIN" lab/controller/weft.new; fi
# An unchanged file keeps the image, and with it the running controller.
if cmp -s lab/controller/weft.new lab/controller/weft; then
    rm lab/controller/weft.new
else
    mv lab/controller/weft.new lab/controller/weft
fi
