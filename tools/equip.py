"""Find, or install, what the tests need besides Python packages: a Chromium and a node.

`chromium()` and `node()` give their paths. Run as a program it installs what is missing, once, or says in a sentence
what could not be had.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
                  "--disable-sync", "--no-first-run"]
INSTALL_TIME = 300  # seconds; a download that hangs must not hang the tests


def chromium() -> str | None:
    """The Chromium to test with: one on the PATH, else the one that playwright installed."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    try:
        with sync_playwright() as play:
            path = play.chromium.executable_path
    except Exception:  # its driver does not start on a machine that lacks a library
        return None
    return path if runs(path, "--version") else None


def node() -> str | None:
    """A node that runs: one on the PATH, else the one inside playwright's driver."""
    from playwright._impl._driver import compute_driver_executable

    driver = compute_driver_executable()
    inside = str(driver[0] if isinstance(driver, tuple) else driver)
    return next((found for found in (shutil.which("node"), inside) if found and runs(found, "--version")), None)


def runs(*command: str, seconds: int = 30, **environment: str) -> bool:
    """Whether a command succeeds; quietly."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return not subprocess.run(command, timeout=seconds, check=False, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, env=os.environ | environment).returncode
    return False


def install_package(*names: str) -> None:
    """Debian's packages, where this is root on a Debian."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        runs("apt-get", "update", seconds=INSTALL_TIME, **quiet)
        runs("apt-get", "install", "-y", "--no-install-recommends", *names, seconds=INSTALL_TIME, **quiet)


def install_node() -> str | None:
    """What playwright's node lacks on a bare Debian; else Debian's own node."""
    for package in ("libatomic1", "nodejs"):
        install_package(package)
        if found := node():
            return found
    return None


def install_chromium() -> str | None:
    """Playwright's Chromium, else Debian's."""
    print("Looking for a Chromium to install, once ...", flush=True)
    runs(sys.executable, "-m", "playwright", "install", "chromium", seconds=INSTALL_TIME)
    if not chromium():
        install_package("chromium")
    return chromium()


def main() -> str | None:
    """Install what is missing; what could not be had is the sentence that comes back."""
    if not (node() or install_node()):
        return ("The interpreter's tests need node, and none runs here. Install one yourself: "
                "`sudo apt-get install nodejs`.")
    if not (chromium() or install_chromium()):
        return ("The browser tests need a Chromium, and none could be installed. Install one yourself: "
                "`sudo apt-get install chromium`, or `.venv/bin/playwright install --with-deps chromium`.")
    return None


if __name__ == "__main__":
    sys.exit(main())
