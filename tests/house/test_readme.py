"""What README shows is what happens: its code runs, and prints what it says."""

from __future__ import annotations

import contextlib
import io
import re

from solver import Hardware, Models


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def test_the_examples_print_what_readme_says(root):
    """The second goes on where the first ended."""
    text = (root / "README.md").read_text(encoding="utf-8")
    names: dict = {}
    for code, printed in zip(blocks(text, "python"), blocks(text, "text"), strict=False):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "README.md", "exec"), names)
        assert out.getvalue() == printed
        assert len([line for line in code.splitlines() if line.strip()]) <= 10


def test_the_zoo_has_as_many_records_as_readme_says(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert f"The zoo has {len(Models)} models and {len(Hardware)} chips." in text


def test_a_model_and_a_chip_of_ones_own_are_made_as_the_page_says(root, tmp_path, monkeypatch):
    """Each piece of code stands for itself, in ten lines, and prints what stands below it."""
    monkeypatch.chdir(tmp_path)
    text = (root / "docs" / "models.md").read_text(encoding="utf-8")
    codes, outputs = blocks(text, "python"), blocks(text, "text")
    assert len(codes) == len(outputs) >= 3
    for code, printed in zip(codes, outputs, strict=True):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "models.md", "exec"), {})
        assert out.getvalue() == printed
        assert len([line for line in code.splitlines() if line.strip()]) <= 10


def test_the_lab_of_ones_own_is_one(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    code = next(code for code in blocks(text, "python") if "lab = Lab()" in code)
    names: dict = {}
    exec(compile(code, "README.md", "exec"), names)
    lab = names["lab"]
    lab.box  # noqa: B018 - showing it is what publishes
    lab.check()
    assert lab.kernel_only == {} and lab.page.runner.scenes[""]["program"]["code"]


def test_the_commands_exist(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z-]+)", (root / "README.md").read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
