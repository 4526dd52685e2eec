"""Both programs work when they are installed from a wheel, which contains the files that they read."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from indexer.manifest.schema import SCHEMA_VERSION

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the console scripts' folder of a new environment that shares only the installed dependencies."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=True)
    library = home / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (library / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")  # its own .pth files are not read
    _pip("--python", str(home / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel))
    return home / "bin"


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def _run(folder: Path, program: Path, *arguments: str) -> str:
    settings = {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(folder / "cache")}
    done = subprocess.run([program, *arguments], check=False, cwd=folder, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_contains_sql_recipes_and_declarations(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    tracked = [
        *(
            f"indexer/_resources/{path}"
            for path in _files("sql", "*.sql") + _files("manifests", "*.toml") + _files("manifests", "*.sql")
        ),
        *_files("indexer/sources", "*.toml"),
        *_files("indexer/sources", "*.csv"),
        *_files("indexer", "*.py"),
        *_files("materializer", "*.py"),
    ]
    assert set(tracked) <= packed
    assert {name.split("/")[0].split("-")[0] for name in packed} == {"indexer", "materializer", "image_manifest"}


def _files(folder: str, pattern: str) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob(pattern)]


def test_installed_programs_use_installed_files(programs: Path, tmp_path: Path) -> None:
    where = "import indexer; print(indexer.__file__)"
    assert _run(tmp_path, programs / "python", "-c", where).startswith(str(programs.parent))
    for name in ("indexer", "materializer"):
        assert _run(tmp_path, programs / name, "--version").startswith(name)
        assert f"Usage: {name}" in _run(tmp_path, programs / name, "--help")


def test_installed_programs_make_and_query_a_manifest(programs: Path, tmp_path: Path) -> None:
    make = "from pathlib import Path; from indexer.manifest import store; store.open_for_writing(Path('m.duckdb'))"
    _run(tmp_path, programs / "python", "-c", make)
    rows = _run(tmp_path, programs / "indexer", "sql", "from made_by", "--format", "csv", "--manifest-db", "m.duckdb")
    assert rows.startswith(f"schema_version,tool_version\n{SCHEMA_VERSION},")
    assert "0 images in the manifest." in _run(tmp_path, programs / "indexer", "stats", "--manifest-db", "m.duckdb")
