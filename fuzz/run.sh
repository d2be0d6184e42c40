#!/usr/bin/env bash
# Runs each fuzz target for a time; the first finding ends it. usage: run.sh [seconds a target] [targets…]
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
targets=("${@:2}")
if ((${#targets[@]} == 0)); then mapfile -t targets < <(cargo fuzz list); fi
for target in "${targets[@]}"; do
    echo "== $target, $seconds s"
    # Nested input must not be able to use up the stack, nor any input the memory.
    cargo fuzz run "$target" -- -max_total_time="$seconds" -dict=words.dict -max_len=4096 -len_control=20 \
        -rss_limit_mb=2048 -timeout=20 -print_final_stats=1 2>&1 | grep -E 'panicked|ERROR|SUMMARY|Test unit|stat::number_of_executed|DONE|^  ' || true
    test "${PIPESTATUS[0]}" -eq 0
done
