"""A JupyterLab server for a test, and what a person does in its pages."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

from mlsysim_labs.commands.labs import jupyter_command

START_TIME = 120  # seconds, on a machine that does much else
TOKEN = "labs"
NEWS = "@jupyterlab/apputils-extension:announcements"  # asks a question that hides a corner of the page


class Jupyter:
    """JupyterLab on a copy of a folder of notebooks, on a free port, with settings of its own."""

    def __init__(self, labs: pathlib.Path, folder: pathlib.Path) -> None:
        self.source, self.folder = labs, folder / "labs"
        shutil.copytree(labs, self.folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.command = jupyter_command(self.folder, [
            "--no-browser", f"--ServerApp.port={self.port}", f"--IdentityProvider.token={TOKEN}",
            "--ServerApp.port_retries=0", "--LabApp.expose_app_in_browser=True",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"])
        config = folder / "CONFIG" / "labconfig"
        config.mkdir(parents=True)
        (config / "page_config.json").write_text(json.dumps({"disabledExtensions": {NEWS: True}}))
        settings = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        self.settings = os.environ | settings | {"IPYTHONDIR": str(folder / "ipython")}
        self.log = (folder / "log").open("w")
        self.process = self.started()

    def started(self) -> subprocess.Popen:
        """A process of the server."""
        return subprocess.Popen(self.command, stdout=self.log, stderr=self.log, env=self.settings)

    def kill(self) -> None:
        """Kill the server and its kernels as a loss of power would, and start it again on what is left."""
        kill_kernels(self)
        self.process.kill()
        self.process.wait()
        self.process = self.started()
        self.__enter__()

    def __enter__(self) -> Jupyter:
        end = time.monotonic() + START_TIME
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/api/status?token={TOKEN}", timeout=5):
                    return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise TimeoutError(f"JupyterLab did not answer within {START_TIME} s: {self.log.name}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()

    def restart_kernels(self) -> None:
        """End all sessions, so that a page meets a kernel that has run nothing."""
        for session in json.loads(self.ask("api/sessions")):
            self.ask(f"api/sessions/{session['id']}", "DELETE")

    def ask(self, path: str, method: str = "GET") -> bytes:
        """A request to the server."""
        request = urllib.request.Request(f"{self.url}/{path}?token={TOKEN}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def open(self, page, notebook: str, port: int | None = None) -> None:
        """Open a notebook, through another port if one is given, and wait until its kernel is idle."""
        page.goto(f"http://127.0.0.1:{port or self.port}/lab/tree/{notebook}?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        page.wait_for_function("() => document.querySelector('#jp-main-statusbar')?.innerText.includes('| Idle')")


def run_all(page) -> None:
    """Run every cell and wait for the last."""
    page.click('.lm-MenuBar-itemLabel:text-is("Run")')
    page.click('.lm-Menu-itemLabel:text-is("Run All Cells")')
    page.wait_for_function("""() => {
        const cells = jupyterapp.shell.currentWidget.content.widgets.map(w => w.model).filter(m => m.type === "code");
        const failed = cells.some(m => m.outputs.toJSON().some(o => o.output_type === "error"));
        return failed || cells.every(m => m.executionCount !== null && m.executionState !== "running"); }""")


def wear(page, theme: str) -> None:
    """Put on the "Dark" or the "Light" theme; the server keeps it for pages to come."""
    page.evaluate(f"jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {theme}'}})")
    page.wait_for_function(f"document.body.dataset.jpThemeLight === '{theme == 'Light'}'.toLowerCase()")


def kill_kernels(server: Jupyter) -> int:
    """Kill every kernel of the server as a full memory would; how many there were."""
    found = subprocess.run(["pgrep", "-P", str(server.process.pid), "-f", "ipykernel"], capture_output=True, text=True)
    pids = [int(pid) for pid in found.stdout.split()]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)


def errors_in_cells(page) -> list[str]:
    """What the cells printed as errors."""
    kinds = ("application/vnd.jupyter.stderr", "application/vnd.jupyter.error")
    return page.locator(", ".join(f'.jp-OutputArea [data-mime-type="{kind}"]' for kind in kinds)).all_inner_texts()
