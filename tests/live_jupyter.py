"""A JupyterLab server for a test, and what a person does in its pages."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request

from mlsysim_labs.cli import jupyter_command

START_TIME = 60  # seconds
TOKEN = "labs"
NEWS = "@jupyterlab/apputils-extension:announcements"  # asks a question that hides a corner of the page


class Jupyter:
    """JupyterLab on a copy of a folder of notebooks, on a free port, with settings of its own."""

    def __init__(self, labs: pathlib.Path, folder: pathlib.Path) -> None:
        self.folder = folder / "labs"
        shutil.copytree(labs, self.folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        command = jupyter_command(self.folder, [
            "--no-browser", f"--ServerApp.port={self.port}", f"--IdentityProvider.token={TOKEN}",
            "--ServerApp.port_retries=0", "--LabApp.expose_app_in_browser=True",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"])
        config = folder / "CONFIG" / "labconfig"
        config.mkdir(parents=True)
        (config / "page_config.json").write_text(json.dumps({"disabledExtensions": {NEWS: True}}))
        settings = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env=os.environ | settings)

    def __enter__(self) -> Jupyter:
        end = time.monotonic() + START_TIME
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/api/status?token={TOKEN}", timeout=5):
                    return self
            except OSError:
                time.sleep(0.2)
        self.__exit__()
        raise TimeoutError(f"JupyterLab did not answer within {START_TIME} s: {self.log.name}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()

    def open(self, page, notebook: str) -> None:
        """Open a notebook and wait until its kernel is idle."""
        page.goto(f"{self.url}/lab/tree/{notebook}?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        page.wait_for_function("() => document.querySelector('#jp-main-statusbar')?.innerText.includes('| Idle')")


def run_all(page) -> None:
    """Run every cell and wait for the last."""
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    page.wait_for_function("""() => {
        const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(e => e.textContent);
        return prompts.length > 0 && /\\[\\d+\\]/.test(prompts.at(-1)) && !prompts.some(s => s.includes('*')); }""")


def errors_in_cells(page) -> list[str]:
    """What the cells printed as errors."""
    kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
    return page.locator(", ".join(f'.jp-OutputArea [data-mime-type="{kind}"]' for kind in kinds)).all_inner_texts()
