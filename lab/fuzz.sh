#!/bin/sh
# One job: feed the decoders of openflow and ovsdb whatever comes, each fuzz target for a while.
#
#   lab/fuzz.sh [SECONDS [TARGET…]]    60 seconds and all targets unless told
#
# What a target chokes on is left in TARGET_FOLDER/fuzz/crashes; what it has learnt, in corpus beside it.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
folder=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
# What cargo-fuzz would say to the compiler: counters for libFuzzer, which is linked in, and all checks.
pass=-Cpasses=sancov-module
for flag in level=4 inline-8bit-counters pc-table trace-compares; do
    pass="$pass -Cllvm-args=-sanitizer-coverage-$flag"
done
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$folder" CARGO_INCREMENTAL=0
export RUSTFLAGS="$pass --cfg fuzzing -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks=yes"
host=$(rustc -vV | sed -n 's/^host: //p')
for crate in openflow ovsdb; do
    for file in "$crate"/fuzz/fuzz_targets/*.rs; do
        target=$(basename "$file" .rs)
        case " ${*:-$target} " in *" $target "*) ;; *) continue ;; esac
        (cd $crate/fuzz && cargo build --quiet --release --target "$host" --bin "$target")
        mkdir -p "$folder/corpus/$crate/$target" "$folder/crashes/$crate/$target"
        echo "fuzz: $crate $target, $seconds s"
        "$folder/$host/release/$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
            -artifact_prefix="$folder/crashes/$crate/$target/" -print_final_stats=1 \
            "$folder/corpus/$crate/$target" 2>"$folder/$target.log" || { tail -n 40 "$folder/$target.log"; exit 1; }
        grep -E 'stat::number_of_executed_units|DONE' "$folder/$target.log"
    done
done
