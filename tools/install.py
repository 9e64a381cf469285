"""Install packages into an environment: with uv where there is one, which takes seconds, and else with pip.

    install.py PYTHON WHAT...        what follows is as for `pip install`

uv is told what pip is told on this machine: index, links, constraints and certificate, from files and the environment.
"""

from __future__ import annotations

import ast
import os
import pathlib
import shutil
import subprocess
import sys

# What pip calls it, and how uv asks for it.
SETTINGS = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS",
            "constraint": "UV_CONSTRAINT", "no-index": "UV_NO_INDEX", "trusted-host": "UV_INSECURE_HOST",
            "cert": "SSL_CERT_FILE", "timeout": "UV_HTTP_TIMEOUT", "default-timeout": "UV_HTTP_TIMEOUT",
            "proxy": "ALL_PROXY"}
SECTIONS = ("global.", "install.", ":env:.")  # the last that has a setting decides


def find_uv() -> str | None:
    """The uv beside this Python, else one on the PATH."""
    beside = pathlib.Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def settings_for_uv(listed: str) -> dict[str, str]:
    """What `pip config list` says, as environment variables of uv."""
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip does it: the best version of all indexes
    lines = [line.partition("=") for line in listed.splitlines()]
    for section in SECTIONS:
        for key, _, value in lines:
            name = SETTINGS.get(key.removeprefix(section)) if key.startswith(section) else None
            if name:
                found[name] = " ".join(str(ast.literal_eval(value)).split())
    return found


def with_uv(python: str, *install: str) -> bool:
    """Whether uv is there and could do it; quietly."""
    uv = find_uv()
    if not uv:
        return False
    asked = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    command = [uv, "pip", "install", "-q", "--no-progress", "--python", python, *install]
    return not subprocess.run(command, env=settings_for_uv(asked.stdout) | os.environ, check=False,
                              stderr=subprocess.DEVNULL).returncode


def with_pip(python: str, *install: str) -> bool:
    """Whether pip could do it, after it has been brought into an environment that was made without."""
    if subprocess.run([python, "-c", "import pip"], stderr=subprocess.DEVNULL, check=False).returncode:
        subprocess.run([python, "-m", "ensurepip"], stdout=subprocess.DEVNULL, check=True)
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *install]
    return not subprocess.run(command, check=False).returncode


def install(python: str, *what: str) -> bool:
    """Whether it is installed now."""
    return with_uv(python, *what) or with_pip(python, *what)


if __name__ == "__main__":
    sys.exit(not install(*sys.argv[1:]))
