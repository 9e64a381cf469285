"""Guards: what importing loads, which way arrows run, and what no file may hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest

HEAVY = ["matplotlib", "pandas", "pyarrow", "dask", "ipywidgets", "anywidget", "bqplot", "traitlets", "IPython"]


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh Python has after running `code`."""
    code += "\nimport sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.fixture(scope="module")
def bare() -> set[str]:
    return loaded_by("import numpy, pint")


def test_the_solver_loads_numpy_and_pint_alone(bare):
    more = loaded_by("from solver import *; import solver.testing; "
                     "ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 8)")
    own = {"solver", "tomllib", "__future__", "_pydatetime"}
    assert {name for name in more - bare if name not in sys.stdlib_module_names} <= own
    assert not more & set(HEAVY) - bare


def test_the_labs_load_no_widget_before_one_is_made(bare):
    assert not (loaded_by("import mlsysim_labs") - bare) & set(HEAVY)


def sources(root, *folders):
    return [file for folder in folders for file in sorted((root / folder).rglob("*.py"))]


def imported(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


def test_arrows_run_one_way(root):
    for file in sources(root, "solver"):
        assert "mlsysim_labs" not in set(imported(file)), file


def test_heavy_packages_are_imported_inside_functions(root):
    for file in sources(root, "solver", "mlsysim_labs"):
        top = ast.parse(file.read_text(encoding="utf-8")).body
        for node in top:
            plain = isinstance(node, ast.Import)
            names = [a.name for a in node.names] if plain else [getattr(node, "module", "") or ""]
            assert not {n.partition(".")[0] for n in names} & {"matplotlib", "pandas", "pyarrow", "dask"}, file


def test_every_public_function_of_the_packages_says_what_it_is(root):
    for file in sources(root, "solver", "mlsysim_labs"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), file
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                short = isinstance(node, ast.FunctionDef) and len(node.body) <= 2
                assert ast.get_docstring(node) or short, f"{file.name}: {node.name}"


def test_the_two_packages_have_one_version():
    import mlsysim_labs
    import solver

    assert mlsysim_labs.__version__ == solver.__version__


def test_a_stranger_called_solver_is_named(tmp_path, root):
    stranger = tmp_path / "solver.py"
    other = '__distribution__ = "mlsysim-labs"\n__version__ = "9.9"'
    for text, says in (("x = 1", "another one first"), (other, "9.9")):
        stranger.write_text(text)
        done = subprocess.run([sys.executable, "-c", "import mlsysim_labs"], cwd=tmp_path, capture_output=True,
                              text=True)
        assert done.returncode and says in done.stderr and str(stranger) in done.stderr


def test_static_files_ask_for_nothing_outside(root):
    for file in (f for f in (root / "mlsysim_labs").rglob("*") if f.suffix in {".js", ".css"}):
        assert not re.search(r"(import|url\(|src=)[^\n]*https?://", file.read_text(encoding="utf-8")), file.name


def test_no_text_tells_anybody_to_install_the_stranger(root):
    words = "pip install " + "solver"
    folders = ("solver", "mlsysim_labs", "labs", "tests", "tools", "benchmarks", "docs")
    for file in [*root.glob("*"), *(f for folder in folders for f in (root / folder).rglob("*"))]:
        if file.suffix in {".py", ".md", ".toml", ".ipynb", ".txt"}:
            assert words not in file.read_text(encoding="utf-8", errors="ignore"), file


def test_the_address_of_the_repository_stands_once(root):
    import tomllib

    address = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    for file in sources(root, "solver", "mlsysim_labs", "tools", "tests", "benchmarks"):
        assert address not in file.read_text(encoding="utf-8"), file


def test_lowest_versions_are_those_of_pyproject(root):
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(d for e in ("lab", "plot", "table", "dask") for d in extras[e])]
    low = dict(re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", need).groups() for need in wanted)
    lines = (root / "tests" / "environments" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    assert dict(line.split("==") for line in lines if not line.startswith("#")) == low
