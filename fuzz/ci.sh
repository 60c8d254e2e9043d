# shellcheck shell=bash
# The fuzzer: sourced by .ci/run from the workspace's root, and usable alone:
#   bash -c 'set -euo pipefail; . fuzz/ci.sh; fuzz_install; fuzz_suite 3600'          # an hour for each target
#   bash -c 'set -euo pipefail; . fuzz/ci.sh; fuzz_install; fuzz_suite 600 order'     # ten minutes for one

fuzz_scratch="$PWD/target/fuzz"
# Two cores.
fuzz_at_once=2

fuzz_retry() { "$@" || { sleep 10; "$@"; }; }

# libFuzzer is C++. The program is built without a sanitizer, since we have no unsafe code for one to watch.
fuzz_install() {
    mkdir -p "$fuzz_scratch"
    if ! command -v c++ >/dev/null; then
        fuzz_retry apt-get update -q
        DEBIAN_FRONTEND=noninteractive fuzz_retry apt-get install -yq --no-install-recommends g++
    fi
    # The same command but for the wrapper and the feature as the README's tests, so that what they have built is taken.
    RUSTC_WORKSPACE_WRAPPER="$PWD/fuzz/instrumented" cargo test --workspace --locked --no-run --features fuzz/libfuzzer \
        --test fuzz --message-format=json >"$fuzz_scratch/build.json"
    sed -n 's/.*"name":"fuzz".*"executable":"\([^"]*\)".*/\1/p' "$fuzz_scratch/build.json" | tail -n 1 >"$fuzz_scratch/program"
    [ -s "$fuzz_scratch/program" ] || { echo "the fuzzer was not built"; return 1; }
}

# Runs each target (or those named) for so many seconds. What is new goes to target/fuzz/found/TARGET, and what makes a panic
# to target/fuzz/crash/TARGET-…: mend it, and put it into the corpus.
fuzz_suite() {
    local seconds=$1
    shift
    [ $# -gt 0 ] || set -- $(ls fuzz/corpus)
    export fuzz_scratch
    export -f fuzz_one
    printf '%s\n' "$@" | xargs -P "$fuzz_at_once" -I '{}' bash -c "fuzz_one '{}' '$seconds'"
    echo "fuzzing passed: $# targets, $seconds s each"
}

fuzz_one() {
    local target=$1 seconds=$2 log="$fuzz_scratch/$1.log" dictionary=()
    mkdir -p "$fuzz_scratch/found/$target" "$fuzz_scratch/crash"
    [ -f "fuzz/$target.dict" ] && dictionary=("-dict=fuzz/$target.dict")
    # The limit on one input is for endless loops, not for slow machines.
    FUZZ_TARGET=$target "$(cat "$fuzz_scratch/program")" "$fuzz_scratch/found/$target" "fuzz/corpus/$target" \
        "${dictionary[@]}" -max_total_time="$seconds" -max_len=4096 -timeout=60 -rss_limit_mb=1024 \
        -artifact_prefix="$fuzz_scratch/crash/$target-" >"$log" 2>&1 || {
        echo "fuzz target $target failed:"
        grep -A 2 'panicked at\|ERROR: libFuzzer\|Test unit written' "$log" || tail -n 20 "$log"
        return 1
    }
    echo "fuzz target $target: $(tail -n 1 "$log")"
}
