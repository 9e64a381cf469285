#!/bin/sh
# Run tests elsewhere than in .venv:
#   pythons.sh PYTHON others   what must hold on every Python, on each supported one of this machine but PYTHON
#   pythons.sh PYTHON lowest   the fast suite on the lowest versions that are allowed; 3.11 and 3.12 have wheels of all
# PYTHON, that of .venv, installs. What all of them say is kept in their folder, and shown where something failed.

FAST="not soak and not release and not slow and not browser"
PORTABLE="solver tests/solver/test_golden.py tests/reactive tests/records" # formulas, numbers, traces, records

find_python() { # VERSION
    for python in "python$1" "$HOME/.pyenv/versions/$1".*/bin/python; do
        "$python" -c 'import venv, ensurepip' 2>/dev/null && echo "$python" && return
    done
}

environment() { # PYTHON FOLDER INSTALL...
    python=$1 folder=$2
    shift 2
    for file in pyproject.toml tests/environments/lowest.txt; do
        [ "$folder/.test" -nt $file ] || rm -f "$folder/.test"
    done
    [ -e "$folder/.test" ] && return
    echo "Installing mlsysim-labs into $folder, once ..."
    tools/venv.sh "$python" "$folder" --without-pip && "$main" tools/install.py "$folder/bin/python" "$@" &&
        touch "$folder/.test"
}

tests() { # NAME FOLDER PYTEST...
    name=$1 folder=$2
    shift 2
    if "$folder/bin/python" -m pytest -q -m "$FAST" --hypothesis-profile=ci -p no:cacheprovider "$@" >"$folder/.said" 2>&1; then
        echo "$name: $(tail -n 1 "$folder/.said")"
    else
        echo "$name:" && cat "$folder/.said" && return 1
    fi
}

main=$1
case $2 in
lowest)
    for version in 3.11 3.12; do
        found=$(find_python $version)
        [ -n "$found" ] || continue
        environment "$found" .venv-lowest -e '.[test]' -c tests/environments/lowest.txt &&
            tests "Lowest versions, Python $version" .venv-lowest --ignore=tests/house --ignore=tests/site -n "${3:-0}" --dist loadfile --no-loadscope-reorder
        exit $?
    done
    echo "Lowest versions: neither Python 3.11 nor 3.12 is on this machine, skipped."
    ;;
others)
    status=0
    own=$("$main" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    for version in 3.11 3.12 3.13; do
        [ "$version" = "$own" ] && continue
        found=$(find_python $version)
        if [ -z "$found" ]; then
            echo "Python $version: not on this machine, skipped."
            continue
        fi
        # shellcheck disable=SC2086
        environment "$found" ".venv-$version" -e '.[portable]' &&
            tests "Python $version" ".venv-$version" $PORTABLE || status=1
    done
    exit $status
    ;;
esac
