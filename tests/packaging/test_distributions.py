"""What people install: the sdist, and the wheel made from it, both without Node."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["version"]
LABEXTENSION = "share/jupyter/labextensions/rlm-magic/"


def run(*command: object, cwd: Path, without_node: Path, **environment: str) -> str:
    """Output of a command that finds no program by name, so neither node nor npm."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | {"PATH": str(without_node)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def without_node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("empty-path")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory, without_node: Path) -> Path:
    if not (ROOT / "rlm_magic/labextension/package.json").exists():
        pytest.fail("The front end is not built: run `make setup`.")
    out = tmp_path_factory.mktemp("sdist")
    build(ROOT, "--sdist", out, without_node)
    return out / f"rlm_magic-{VERSION}.tar.gz"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, sdist: Path, without_node: Path) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        # From Python 3.11.4 on there are filters, and soon one has to be chosen.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(out, **safely)
    build(out / f"rlm_magic-{VERSION}", "--wheel", out, without_node)
    return out / f"rlm_magic-{VERSION}-py3-none-any.whl"


def build(project: Path, kind: str, out: Path, without_node: Path) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", kind, "--outdir", out, project]
    run(*command, cwd=out, without_node=without_node)


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_sdist_holds_the_sources_of_both_languages_and_the_built_front_end(
    sdist: Path,
) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {
        "LICENSE",
        "pyproject.toml",
        "package.json",
        "package-lock.json",
        "rlm_magic/__init__.py",
        "labextension/src/index.ts",
        "rlm_magic/labextension/package.json",
    } <= names
    assert not [name for name in names if name.startswith(("node_modules/", ".venv/"))]


def test_the_wheel_holds_the_package_and_the_front_end_once(wheel: Path) -> None:
    names = names_in(wheel)
    shared = f"rlm_magic-{VERSION}.data/data/{LABEXTENSION}"

    assert {"rlm_magic/__init__.py", "rlm_magic/py.typed"} <= names
    assert {f"{shared}package.json", f"{shared}install.json"} <= names
    assert any(name.startswith(f"{shared}static/remoteEntry.") for name in names)
    assert not [name for name in names if name.startswith("rlm_magic/labextension/")]
    assert {name.partition("/")[0] for name in names} == {
        "rlm_magic",
        f"rlm_magic-{VERSION}.data",
        f"rlm_magic-{VERSION}.dist-info",
    }


def test_python_and_npm_agree_on_the_version(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"rlm_magic-{VERSION}.dist-info/METADATA").decode()
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))

    assert f"\nVersion: {VERSION}\n" in metadata
    assert lock["version"] == VERSION


def test_the_lockfile_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_an_installed_wheel_works_without_node(
    wheel: Path, tmp_path: Path, without_node: Path
) -> None:
    python = environment_with(wheel, tmp_path / "env", without_node)
    script = "import rlm_magic; print(rlm_magic.__version__, rlm_magic.__file__)"
    version, path = run(python, "-c", script, cwd=tmp_path, without_node=without_node).split(
        maxsplit=1
    )

    assert version == VERSION
    assert Path(path.strip()).is_relative_to(tmp_path)

    listed = run(
        python,
        *("-m", "jupyterlab.labextensions", "list"),
        cwd=tmp_path,
        without_node=without_node,
        HOME=str(tmp_path),
        JUPYTER_CONFIG_DIR=str(tmp_path / "config"),
        JUPYTER_DATA_DIR=str(tmp_path / "data"),
    )
    plain = re.sub(r"\x1b\[\d*m", "", listed)
    ours = [line.strip() for line in plain.splitlines() if "rlm-magic" in line]
    assert ours == [f"rlm-magic v{VERSION} enabled OK (python, rlm-magic)"], listed


def environment_with(wheel: Path, folder: Path, without_node: Path) -> Path:
    """The interpreter of a new environment: the wheel is installed, its dependencies are lent."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    command = ["-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index"]
    run(sys.executable, *command, wheel, cwd=folder, without_node=without_node)
    own = run(
        python,
        *("-c", "import sysconfig; print(sysconfig.get_path('purelib'))"),
        cwd=folder,
        without_node=without_node,
    )
    # Folders named in a .pth file come last, and .pth files in them are not read: an editable
    # install of this project cannot stand in for the wheel.
    (Path(own.strip()) / "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python
