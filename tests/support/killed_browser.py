"""A Chromium with a profile of its own that is killed like one whose machine lost power."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import subprocess
from typing import Any

import equip

LISTENS = re.compile(r"DevTools listening on (ws://\S+)")


class Killed:
    """A page of a browser whose processes all end at once when it is left; its profile stays.

    `kind` : playwright's, of the browser that the tests have: there is one playwright in a process
    """

    def __init__(self, kind: Any, profile: pathlib.Path) -> None:
        self.kind = kind
        flags = [*equip.CHROMIUM_FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}"]
        self.process = subprocess.Popen([str(equip.chromium()), *flags, "about:blank"], stderr=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, text=True, start_new_session=True)

    def __enter__(self) -> Any:
        try:
            return self._first_page()
        except BaseException:  # nobody would leave it
            self._kill()
            raise

    def _first_page(self) -> Any:
        assert self.process.stderr is not None
        address = next(found[1] for line in self.process.stderr if (found := LISTENS.search(line)))
        return self.kind.connect_over_cdp(address).contexts[0].new_page()

    def _kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __exit__(self, *_: object) -> None:
        self._kill()
