#!/bin/sh
# Run the fast suite on every supported Python of this machine but the one given: pythons.sh PYTHON
main=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
status=0
for version in 3.11 3.12 3.13; do
    [ "$version" = "$main" ] && continue
    found=
    for python in "python$version" "$HOME/.pyenv/versions/$version".*/bin/python; do
        "$python" -c 'import venv, ensurepip' 2>/dev/null && found=$python
    done
    if [ -z "$found" ]; then
        echo "Python $version: not on this machine, skipped."
        continue
    fi
    folder=.venv-$version
    if [ ! "$folder/.test" -nt pyproject.toml ]; then
        echo "Installing mlsysim-labs for Python $version into $folder, once ..."
        tools/venv.sh "$found" "$folder" &&
            "$folder/bin/python" -m pip install -q --disable-pip-version-check -e '.[test]' && touch "$folder/.test" || exit 1
    fi
    echo "Python $version:"
    "$folder/bin/python" -m pytest -q -m "not soak and not slow and not browser" || status=1
done
exit $status
