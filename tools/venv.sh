#!/bin/sh
# Make a virtual environment, or say in a sentence what is missing: venv.sh PYTHON FOLDER [OPTION OF venv]...
python=$1 folder=$2
if [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or newer is needed, and none was found. Name one: make PYTHON=/path/to/python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$python has no venv module. On Debian or Ubuntu: apt-get install python$version-venv" >&2
    exit 1
fi
shift 2
rm -rf "$folder" && "$python" -m venv "$@" "$folder"
