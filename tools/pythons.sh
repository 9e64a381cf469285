#!/bin/sh
# Run the fast suite elsewhere than in .venv:
#   pythons.sh others PYTHON   on every supported Python of this machine but that one
#   pythons.sh lowest          on the lowest versions of all dependencies, for which 3.11 and 3.12 have wheels

find_python() { # VERSION
    for python in "python$1" "$HOME/.pyenv/versions/$1".*/bin/python; do
        "$python" -c 'import venv, ensurepip' 2>/dev/null && echo "$python" && return
    done
}

suite() { # PYTHON FOLDER INSTALL...
    python=$1 folder=$2
    shift 2
    if [ ! "$folder/.test" -nt pyproject.toml ] || [ ! "$folder/.test" -nt tests/environments/lowest.txt ]; then
        echo "Installing mlsysim-labs into $folder, once ..."
        tools/venv.sh "$python" "$folder" &&
            "$folder/bin/python" -m pip install -q --disable-pip-version-check "$@" && touch "$folder/.test" || return 1
    fi
    "$folder/bin/python" -m pytest -q -m "not soak and not slow and not browser"
}

case $1 in
lowest)
    for version in 3.11 3.12; do
        found=$(find_python $version)
        [ -n "$found" ] || continue
        echo "Lowest versions, Python $version:"
        suite "$found" .venv-lowest -e '.[test]' -c tests/environments/lowest.txt
        exit $?
    done
    echo "Lowest versions: neither Python 3.11 nor 3.12 is on this machine, skipped."
    ;;
others)
    status=0
    main=$("$2" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    for version in 3.11 3.12 3.13; do
        [ "$version" = "$main" ] && continue
        found=$(find_python $version)
        if [ -z "$found" ]; then
            echo "Python $version: not on this machine, skipped."
            continue
        fi
        echo "Python $version:"
        suite "$found" ".venv-$version" -e '.[test]' || status=1
    done
    exit $status
    ;;
esac
