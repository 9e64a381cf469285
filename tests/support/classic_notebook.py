"""Environments of other Pythons, kept between runs, and notebook 6.5 run from one: the nearest thing to Colab here."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request

import install

START_TIME = 120  # seconds, on a machine that does much else
TOKEN = "labs"
READY = """() => { const book = window.Jupyter?.notebook, kernel = book?.kernel;
    return book?._fully_loaded && kernel?.is_connected() && kernel.info_reply?.language_info
        && kernel.widget_manager !== undefined && !book.kernel_busy; }"""
DONE = """() => { const cells = Jupyter.notebook.get_cells().filter(c => c.cell_type == 'code' && c.get_text().trim());
    return cells.length > 0 && cells.every(c => Number.isInteger(c.input_prompt_number))
        && !Jupyter.notebook.kernel_busy; }"""
ERRORS = """() => Jupyter.notebook.get_cells().filter(c => c.cell_type == 'code').flatMap(c => [
    ...c.output_area.outputs.filter(o => o.output_type == 'error').map(o => `${o.ename}: ${o.evalue}`),
    ...c.output_area.outputs.filter(o => o.name == 'stderr').map(o => o.text),
    ...(c.output_area.element.text().match(/.*(could not be displayed|rror displaying widget).*/g) ?? [])])"""


def find_python(*versions: str) -> str | None:
    """The first of these Pythons that is on this machine and can make environments."""
    for version in versions:
        kept = sorted((pathlib.Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
        for python in (shutil.which(f"python{version}"), *map(str, kept)):
            code = f"import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
            if python and not subprocess.run([python, "-c", code], capture_output=True).returncode:
                return python
    return None


def kept_environment(folder: pathlib.Path, python: str, *what: str, made_of: tuple[pathlib.Path, ...] = ()) -> str:
    """The Python of an environment with that installed; built anew only if a file that it is made of is newer."""
    stamp = folder / ".made"
    if not stamp.exists() or any(file.stat().st_mtime > stamp.stat().st_mtime for file in made_of):
        shutil.rmtree(folder, ignore_errors=True)
        run(python, "-m", "venv", str(folder))
        assert install.install(str(folder / "bin" / "python"), *what)
        stamp.touch()
    return str(folder / "bin" / "python")


def surroundings(**more: str) -> dict[str, str]:
    """Environment variables without what would lead another Python to this one's packages."""
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "JUPYTER_PATH")
    return {name: value for name, value in os.environ.items() if name not in ours} | more


def run(*command: str, text: str | None = None, **more: str) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=surroundings(**more))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class ClassicNotebook:
    """Notebook 6.5 of an environment on a copy of a folder of notebooks, on a free port, with settings of its own."""

    def __init__(self, python: str, labs: pathlib.Path, folder: pathlib.Path) -> None:
        shutil.copytree(labs, folder / "labs")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [python, "-m", "notebook", "--no-browser", f"--port={port}", "--NotebookApp.port_retries=0",
                   f"--NotebookApp.token={TOKEN}", f"--notebook-dir={folder / 'labs'}"]
        if os.geteuid() == 0:
            command.append("--allow-root")
        settings = {f"JUPYTER_{kind}_DIR": str(folder / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=folder,
                                        env=surroundings(IPYTHONDIR=str(folder / "ipython"), **settings))

    def __enter__(self) -> ClassicNotebook:
        end = time.monotonic() + START_TIME
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/api/status?token={TOKEN}", timeout=5):
                    return self
            except OSError:
                time.sleep(0.05)
        self.__exit__()
        raise TimeoutError(f"notebook did not answer within {START_TIME} s: {pathlib.Path(self.log.name).read_text()}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def open(self, page, notebook: str) -> None:
        """Open a notebook and wait until its kernel is idle and widgets can be shown."""
        page.goto(f"{self.url}/notebooks/{notebook}?token={TOKEN}")
        page.wait_for_function(READY)


def run_all(page) -> None:
    """Run every cell and wait until all have run and the kernel is idle."""
    page.evaluate("Jupyter.notebook.execute_all_cells()")
    page.wait_for_function(DONE)


def errors_in_cells(page) -> list[str]:
    """What the cells printed as errors, and widgets that are not shown."""
    return page.evaluate(ERRORS)
