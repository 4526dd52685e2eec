"""Bad files that nobody here made: fetch them by pip and apt, scan, select and build over all, and count.

Images of Pillow's own tests; archives of the tests of Go, CPython, rarfile, patool and libarchive-c.
What is fetched is kept below ``corpora-data`` and never committed. Crashes and hangs of the run must be 0: what crashes
or hangs a reader is a row with that reason.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import duckdb

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "corpora-data"
SDISTS = ("pillow==13.0.0", "rarfile==4.5", "patool==4.0.7", "libarchive-c==5.3")
DEBIAN = ("golang-1.19-src", "libpython3.11-testsuite")
CONFIG = """[paths]
input_datasets_path = .
output_path = built
tmp_cache_dir = tmp
intermediate_outputs_path = index
declarations_path = declarations
corpora = files
"""
DECLARATION = """name = "Files that others collected because they are bad"
key = "corpora"

[[rule]]
path = '(?s:.*)'
"""


@click.command()
@click.option("--only", type=click.Choice(["pip", "apt"]), help="Fetch by this one only.")
@click.option("--seconds", type=float, default=900, show_default=True, help="A command that takes longer hangs.")
def main(only: str | None, seconds: float) -> None:
    """Fetch what is not there yet, then run both programs over it."""
    _fetch(only)
    shutil.rmtree(FOLDER / "index", ignore_errors=True)
    shutil.rmtree(FOLDER / "built", ignore_errors=True)
    (FOLDER / "declarations").mkdir(exist_ok=True)
    (FOLDER / "declarations/corpora.toml").write_text(DECLARATION)
    (FOLDER / "local.cfg").write_text(CONFIG)
    ended = [_run(seconds, "indexer", "scan", "--source", "corpora")]
    _write_ids()
    ended.append(_run(seconds, "indexer", "select", "--ids", "train=ids.txt", "--name", "all"))
    ended.append(_run(seconds, "indexer", "inspect", "all"))
    ended.append(_run(seconds, "materializer", "build", "--selection", "all", "--output", "built"))
    ended.append(_run(seconds, "materializer", "verify", "built"))
    _tell()
    crashes, hangs = ended.count("crash"), ended.count("hang")
    print(f"crashes {crashes}, hangs {hangs}")
    sys.exit(1 if crashes or hangs else 0)


def _fetch(only: str | None) -> None:
    fetched = FOLDER / "fetched"
    fetched.mkdir(parents=True, exist_ok=True)
    for name in SDISTS if only != "apt" else ():
        project = name.partition("==")[0].replace("-", "?")
        if not list(fetched.glob(f"{project}-*")):
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-binary", ":all:", "--no-deps", name]
            subprocess.run(pip, cwd=fetched, check=False)
    for name in DEBIAN if only != "pip" else ():
        if not list(fetched.glob(f"{name}_*")):
            subprocess.run(["apt-get", "download", "-q", name], cwd=fetched, check=False)
    for file in sorted(fetched.glob("*.tar.gz")):
        _unpack(file)
    for file in sorted(fetched.glob("*.deb")):
        subprocess.run(["dpkg", "-x", file, FOLDER / "files" / file.name.partition("_")[0]], check=True)


def _unpack(file: Path) -> None:
    """What tests are made of, out of a source distribution; Python 3.12's filter keeps it inside the folder."""
    target = FOLDER / "files" / file.name.removesuffix(".tar.gz")
    if not target.exists():
        with tarfile.open(file) as archive:
            archive.extractall(target, _tests(archive), filter="data")


def _tests(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    return (member for member in archive if "/test" in member.name.lower() and member.isreg())


def _run(seconds: float, program: str, *arguments: str) -> str:
    """Run a command over the corpora; returns ok, found, crash or hang."""
    started = time.monotonic()
    command = [sys.executable, "-m", program, *arguments, "--quiet"]
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            command, cwd=FOLDER, env=settings, timeout=seconds, capture_output=True, encoding="utf-8",
            errors="replace", check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _said(program, arguments, "hang", started)
    is_crash = done.returncode not in (0, 1) or "Traceback" in done.stderr
    if is_crash:
        print(done.stderr[-2_000:], file=sys.stderr)
    return _said(program, arguments, "crash" if is_crash else "found" if done.returncode else "ok", started)


def _said(program: str, arguments: tuple[str, ...], how: str, started: float) -> str:
    print(f"{program} {arguments[0]}: {how}, {time.monotonic() - started:.0f} s", flush=True)
    return how


def _rows(query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(FOLDER / "index/manifest.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def _write_ids() -> None:
    ids = _rows("select file_id from manifest where status = 'ok' order by file_id")
    (FOLDER / "ids.txt").write_text("".join(f"{file_id}\n" for (file_id,) in ids if "\n" not in str(file_id)))


def _tell() -> None:
    """Containers by status, images by what became of them."""
    for status, count in _rows("select status, count(*) from container group by all order by all"):
        print(f"containers {status}: {count:,}")
    for code, count in _rows("select code, count(*) from finding group by all order by 2 desc, 1 limit 20"):
        print(f"  finding {code}: {count:,}")
    for status, count in _rows(
        "select coalesce(status, 'not looked at'), count(*) from inspection group by all order by 2 desc"
    ):
        print(f"images {status}: {count:,}")
    refused = FOLDER / "built/record/refused.parquet"
    with duckdb.connect() as connection:
        for reason, count in connection.execute(
            f"select reason, count(*) from '{refused}' group by all order by 2 desc"
        ).fetchall():
            print(f"  refused {reason}: {count:,}")


if __name__ == "__main__":
    main()
