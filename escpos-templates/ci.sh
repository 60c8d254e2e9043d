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
    templates_apt zbar-tools tesseract-ocr tesseract-ocr-chi-sim tesseract-ocr-jpn tesseract-ocr-kor \
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

# The tests themselves are those of the README's command, which leaves out what needs other people's programs: the same
# selection of packages takes what it has built.
templates_suites() {
    export NODE_PATH="$templates_scratch/node_modules" PRINTRAIL_DECODERS="$templates_scratch/bin"
    cargo test --locked --workspace --test reference --test decoders --test ocr --test golden -- --ignored
    # Twenty seconds of documents that nobody wrote; the seed is printed, so that a find can be repeated.
    cargo test --quiet --locked --workspace --no-run --example differ
    target/debug/examples/differ "${PRINTRAIL_SEED:-$(date +%s)}" 20
}
