#!/usr/bin/env bash
# Runs each target for a time; a failure ends the run. Usage: run.sh [seconds per target] [targets…]
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
targets=("${@:2}")
tools=$PWD/../.tools
# A separate folder, because this build has other flags.
export CARGO_TARGET_DIR=$PWD/target
mkdir -p target
export PATH=$tools/bin:$PATH
cargo fuzz --version > /dev/null 2>&1 || cargo install --locked -q --root "$tools" cargo-fuzz --version 0.13.2
if ((${#targets[@]} == 0)); then mapfile -t targets < <(cargo fuzz list); fi
# Without a memory sanitizer: the core has no unsafe code, so the compiler of the project suffices.
for target in "${targets[@]}"; do
    echo "$target"
    cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -dict=grammar.dict -max_len=4096 -len_control=20 \
        -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 2> "target/$target.log" || { tail -n 60 "target/$target.log"; exit 1; }
    grep number_of_executed_units "target/$target.log"
done
