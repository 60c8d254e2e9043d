# Whole evenings by the thousand, from their seeds: sourced by .ci/run, which gives release_build.
# shellcheck shell=bash

# Evenings of one run (the 1,381st is open, see docs/reliability.md), and those of them that are played without the relay for ten minutes (N1).
WORLDS=1300
WORLDS_APART=200

# A failing seed tells its own story: its last lines here, the whole by the command that is printed with it.
worlds_suite() {
    release_build
    worlds_play --seeds "$WORLDS" && worlds_play --apart --seeds "$WORLDS_APART"
}

worlds_play() {
    local said="${work:?}/worlds.txt" seed
    timeout 900 target/release/world "$@" --failures 3 >"$said" || {
        cat "$said"
        seed=$(sed -n 's/^seed \([0-9]*\):.*/\1/p' "$said" | head -n 1)
        [ -z "$seed" ] || target/release/world "${@:1:$#-2}" --seed "$seed" | tail -n 200
        return 1
    }
    cat "$said"
}
