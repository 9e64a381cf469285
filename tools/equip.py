"""Find, or install, the Chromium that the browser tests need; say in a sentence what is missing.

`chromium()` and `node()` give the paths; run as a program it installs a Chromium if there is none.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
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

    with sync_playwright() as play:
        path = play.chromium.executable_path
    return path if pathlib.Path(path).exists() else None


def node() -> str | None:
    """The node to run the interpreter with: one on the PATH, else the one inside playwright's driver."""
    if found := shutil.which("node"):
        return found
    from playwright._impl._driver import compute_driver_executable

    driver = compute_driver_executable()
    path = driver[0] if isinstance(driver, tuple) else driver
    return str(path) if pathlib.Path(path).exists() else None


def run(*command: str, **environment: str) -> None:
    """Try a command quietly; whether it helped is seen by looking again."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(command, timeout=INSTALL_TIME, check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=os.environ | environment)


def install_chromium() -> str | None:
    """Playwright's Chromium, or Debian's where this is root."""
    print("Looking for a Chromium to install, once ...", flush=True)
    run(sys.executable, "-m", "playwright", "install", "chromium")
    if not chromium() and os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update", DEBIAN_FRONTEND="noninteractive")
        run("apt-get", "install", "-y", "--no-install-recommends", "chromium", DEBIAN_FRONTEND="noninteractive")
    return chromium()


def main() -> str | None:
    """Install what is missing; what could not be had is the sentence that comes back."""
    if not (chromium() or install_chromium()):
        return ("The browser tests need a Chromium, and none could be installed. Install one yourself: "
                "`sudo apt-get install chromium`, or `.venv/bin/playwright install --with-deps chromium`.")
    if not node():
        return "The interpreter's tests need node, and none was found: install Node.js, or playwright anew."
    return None


if __name__ == "__main__":
    sys.exit(main())
