# shellcheck shell=bash
# What the tickets' oracle suites need, and the suites: sourced by .ci/run from the workspace's root, and usable alone:
#   bash -c 'set -euo pipefail; . escpos-templates/ci.sh; templates_install; templates_suites'
# Everything that is not a system package goes to target/oracles.

templates_scratch="$PWD/target/oracles"

templates_retry() { "$@" || { sleep 5; "$@"; }; }

templates_apt() {
    local missing=() package
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    templates_retry apt-get update -q
    DEBIAN_FRONTEND=noninteractive templates_retry apt-get install -yq --no-install-recommends "${missing[@]}"
}

templates_install() {
    mkdir -p "$templates_scratch/bin"
    templates_apt g++ zbar-tools tesseract-ocr tesseract-ocr-chi-sim tesseract-ocr-jpn tesseract-ocr-kor \
        fonts-wqy-microhei fonts-noto-color-emoji
    # The reference implementation of the markup.
    cp escpos-templates/oracle/package.json "$templates_scratch/"
    (cd "$templates_scratch" && templates_retry npm install --no-audit --no-fund --silent)
    # Decoders: hardless-escpos asks for a newer compiler than it needs; emupos wants Python 3.13 or later.
    templates_retry cargo build --quiet --ignore-rust-version --manifest-path escpos-templates/oracle/hardless/Cargo.toml \
        --target-dir "$templates_scratch/hardless"
    cp "$templates_scratch/hardless/debug/hardless" "$templates_scratch/bin/"
    local python
    python=$(templates_python)
    "$python" -m venv "$templates_scratch/venv"
    templates_retry "$templates_scratch/venv/bin/pip" install --quiet 'emupos==0.4.*' 'python-escpos==3.1'
    "$templates_scratch/venv/bin/python" escpos-templates/oracle/code_pages.py "$templates_scratch/pages"
    templates_python_tool emupos decode_with_emupos.py
    templates_python_tool draw draw.py
}

# A command NAME that runs a script of the oracle folder with the oracles' Python.
templates_python_tool() {
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$templates_scratch/venv/bin/python" \
        "$PWD/escpos-templates/oracle/$2" >"$templates_scratch/bin/$1"
    chmod +x "$templates_scratch/bin/$1"
}

# cargo-fuzz and the fuzz targets. libFuzzer wants unstable flags, which the toolchain takes with RUSTC_BOOTSTRAP; there is
# no sanitizer, since the crate and what it reads with have no unsafe code of ours to watch.
templates_fuzz_install() {
    local cargo_fuzz="$templates_scratch/fuzz/bin/cargo-fuzz"
    [ -x "$cargo_fuzz" ] || templates_retry cargo install --quiet --locked --version '^0.13' --root "$templates_scratch/fuzz" cargo-fuzz
    RUSTC_BOOTSTRAP=1 "$cargo_fuzz" fuzz build --sanitizer none --strip-dead-code --fuzz-dir escpos-templates/fuzz \
        --target-dir "$templates_scratch/fuzz-build"
}

# Runs every fuzz target for so many seconds, two at a time. What is new goes to target/oracles/fuzz-run/TARGET, and what
# makes a panic to target/oracles/fuzz-run/TARGET-crash-…: mend it, and put it into the corpus.
templates_fuzz() {
    local seconds=$1 pair target failed=0 pids
    for pair in "markup event" "template logo"; do
        pids=()
        for target in $pair; do
            templates_fuzz_one "$target" "$seconds" &
            pids+=($!)
        done
        for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
    done
    return "$failed"
}

templates_fuzz_one() {
    local target=$1 seconds=$2 run="$templates_scratch/fuzz-run" host dictionary=()
    host=$(rustc -vV | sed -n 's/^host: //p')
    mkdir -p "$run/$target"
    [ -f "escpos-templates/fuzz/$target.dict" ] && dictionary=("-dict=escpos-templates/fuzz/$target.dict")
    "$templates_scratch/fuzz-build/$host/release/$target" "$run/$target" "escpos-templates/fuzz/corpus/$target" \
        "${dictionary[@]}" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
        -artifact_prefix="$run/$target-" >"$run/$target.log" 2>&1 || {
        echo "fuzz target $target failed:"
        grep -A 2 'panicked at\|ERROR: libFuzzer\|Test unit written' "$run/$target.log" || tail -n 20 "$run/$target.log"
        return 1
    }
    echo "fuzz target $target: $(tail -n 1 "$run/$target.log")"
}

# A Python of 3.13 or later: the system's, pyenv's, or one that uv brings.
templates_python() {
    local candidate
    for candidate in python3.14 python3.13 python3 "$HOME"/.pyenv/versions/3.1[3-9]*/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    python3 -m venv "$templates_scratch/uv" >&2
    templates_retry "$templates_scratch/uv/bin/pip" install --quiet uv >&2
    templates_retry "$templates_scratch/uv/bin/uv" python install --quiet 3.13 >&2
    "$templates_scratch/uv/bin/uv" python find 3.13
}

templates_suites() {
    export NODE_PATH="$templates_scratch/node_modules" PRINTRAIL_DECODERS="$templates_scratch/bin"
    cargo test --locked -p escpos-templates --features oracles
    # Twenty seconds of documents that nobody wrote; the seed is printed, so that a find can be repeated.
    cargo run --quiet --locked -p escpos-templates --features oracles --example differ -- "${PRINTRAIL_SEED:-$(date +%s)}" 20
    templates_fuzz_install
    templates_fuzz 20
}
