"""Setting up: how JupyterLab is started, what is said when something is missing, and whose files are kept."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import webbrowser

import equip
import install
import pytest

from mlsysim_labs.commands import labs as cli


@pytest.fixture
def labs(tmp_path):
    """A folder of two labs, as a package would hold them."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("01_one", "02_two"):
        (folder / f"{name}.ipynb").write_text(f"{name} of 0.1")
    return folder


def test_labs_are_copied_once(labs, tmp_path):
    mine = tmp_path / "mine" / "deep"
    assert cli.copy_labs(labs, mine) == []
    assert sorted(f.name for f in mine.glob("*.ipynb")) == ["01_one.ipynb", "02_two.ipynb"]
    assert cli.copy_labs(labs, mine) == []


def test_a_changed_lab_is_kept(labs, tmp_path):
    mine = tmp_path / "mine"
    cli.copy_labs(labs, mine)
    (mine / "01_one.ipynb").write_text("my work")
    assert cli.copy_labs(labs, mine) == ["Kept your 01_one.ipynb."]
    assert (mine / "01_one.ipynb").read_text() == "my work"


def test_a_new_version_comes_beside_a_changed_lab_and_replaces_an_untouched_one(labs, tmp_path):
    mine = tmp_path / "mine"
    cli.copy_labs(labs, mine)
    (mine / "01_one.ipynb").write_text("my work")
    for name in ("01_one", "02_two"):
        (labs / f"{name}.ipynb").write_text(f"{name} of 0.2")
    said = cli.copy_labs(labs, mine)
    beside = mine / f"01_one-{cli.__version__}.ipynb"
    assert said == [f"Kept your 01_one.ipynb; the lab of version {cli.__version__} is {beside.name}."]
    assert (mine / "01_one.ipynb").read_text() == "my work" and beside.read_text() == "01_one of 0.2"
    assert (mine / "02_two.ipynb").read_text() == "02_two of 0.2"
    beside.write_text("my work too")
    cli.copy_labs(labs, mine)
    assert beside.read_text() == "my work too"


@pytest.mark.parametrize("damage", ["", "not json", "[]", "{}"])
def test_without_a_record_every_file_is_the_users(labs, tmp_path, damage):
    mine = tmp_path / "mine"
    cli.copy_labs(labs, mine)
    (mine / cli.RECORD).write_text(damage)
    (labs / "01_one.ipynb").write_text("newer")
    cli.copy_labs(labs, mine)
    assert (mine / "01_one.ipynb").read_text() == "01_one of 0.1"
    assert json.loads((mine / cli.RECORD).read_text())


def test_the_command_copies_the_real_labs(tmp_path, capsys):
    assert cli.main([str(tmp_path / "mine"), "--copy-only"]) == 0
    assert f"Your labs are in {tmp_path / 'mine'}" in capsys.readouterr().out
    assert list((tmp_path / "mine").glob("*.ipynb"))


@pytest.mark.parametrize("arguments, says", [
    (["/proc/nowhere"], "cannot be copied"), (["--here", "nowhere"], "no folder")])
def test_a_folder_that_cannot_be_is_explained(arguments, says, capsys):
    with pytest.raises(SystemExit):
        cli.main(arguments)
    assert says in capsys.readouterr().err


def test_options_for_jupyterlab_stand_after_two_dashes(monkeypatch, tmp_path, capsys):
    started = []
    monkeypatch.setattr(cli, "start", lambda command: started.append(command) or 0)
    assert cli.main([str(tmp_path / "mine"), "--", "--port=8899", "--no-browser"]) == 0
    assert {"--port=8899", "--no-browser"} <= set(started[0])
    with pytest.raises(SystemExit):
        cli.main(["--port", "8899"])
    assert "after --" in capsys.readouterr().err or not (tmp_path / "8899").exists()


@pytest.mark.parametrize("root_user", [True, False])
@pytest.mark.parametrize("browser", [True, False])
def test_jupyterlab_is_started_as_the_machine_needs(monkeypatch, root_user, browser):
    def get():
        if not browser:
            raise webbrowser.Error
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root_user else 1000)
    monkeypatch.setattr(webbrowser, "get", get)
    command = cli.jupyter_command(pathlib.Path("labs"), ["--port=1"])
    assert ("--allow-root" in command) == root_user
    assert ("--no-browser" in command) == (not browser)
    assert "--port=1" in command


def test_without_jupyterlab_a_sentence(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: None)
    assert cli.main([str(tmp_path / "mine")]) == 1
    assert "pip install 'mlsysim-labs[lab]'" in capsys.readouterr().err


@pytest.mark.parametrize("too_old, says", [
    (0, "apt-get install python3.11-venv"), (1, "Python 3.11 or newer is needed")])
def test_venv_says_what_is_missing(root, tmp_path, too_old, says):
    """A Python without its venv module, and one that is too old."""
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\n"
                    f"case \"$2\" in *'version_info <'*) exit {too_old};; *venv*) exit 1;; *) echo 3.11;; esac\n")
    fake.chmod(0o755)
    done = subprocess.run([root / "tools" / "venv.sh", fake, tmp_path / "new"], capture_output=True, text=True)
    assert done.returncode == 1 and says in done.stderr and not (tmp_path / "new").exists()


def test_uv_is_told_what_pip_is_told():
    """A setting of the environment comes before one of a file, and several values stand in one."""
    listed = "global.find-links='/one'\n:env:.find-links='/two'\nglobal.extra-index-url='\\nb\\nc'\nglobal.quiet='1'"
    told = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_FIND_LINKS": "/two", "UV_INDEX": "b c"}
    assert install.settings_for_uv(listed) == told


@pytest.mark.parametrize("uv", [None, "/bin/false"])
def test_where_uv_is_missing_or_fails_pip_installs(monkeypatch, uv):
    asked = []
    monkeypatch.setattr(install, "find_uv", lambda: uv)
    monkeypatch.setattr(install, "with_pip", lambda *what: asked.append(what) or True)
    assert install.install("python", "-e", ".") and asked == [("python", "-e", ".")]


@pytest.mark.parametrize("missing", ["chromium", "node"])
def test_equipment_that_cannot_be_had_is_a_sentence(monkeypatch, missing):
    """Nothing on the PATH, nothing of playwright's that runs, nobody who could install."""
    monkeypatch.setattr(equip, missing, lambda: None)
    monkeypatch.setattr(equip, f"install_{missing}", lambda: None)
    said = equip.main()
    assert f"apt-get install {missing}" in said and said.endswith(".")


def test_only_root_installs_packages(monkeypatch):
    ran = []
    monkeypatch.setattr(equip, "runs", lambda *command, **_: ran.append(command))
    monkeypatch.setattr(equip.shutil, "which", lambda name: f"/usr/bin/{name}")
    for user in (1000, 0):
        monkeypatch.setattr(equip.os, "geteuid", lambda user=user: user)
        equip.install_package("chromium")
    assert [command[1] for command in ran] == ["update", "install"]


def test_node_of_playwright_is_found_without_one_on_the_path(monkeypatch):
    monkeypatch.setattr(equip.shutil, "which", lambda name: None)
    found = equip.node()
    assert found and subprocess.run([found, "--version"], capture_output=True, check=True).stdout.startswith(b"v")
