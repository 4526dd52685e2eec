"""Run the programs on damaged files from public test suites: fetch by pip and apt, scan, select, build, and count.

Downloads (:mod:`benchmarks.collecting`) are kept below ``corpora-data``. Every file counts as an image, so that each
member of each archive is read. The run must have no crash and no hang: a file that crashes or hangs a reader is a row
with that reason.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import click
import duckdb

from benchmarks.collecting import collect

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "corpora-data"
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
include = '(?s:.*)'

[[rule]]
path = '(?s:.*)'
"""


@click.command()
@click.option("--only", type=click.Choice(["pip", "apt"]), help="Fetch by this one only.")
@click.option("--seconds", type=float, default=900, show_default=True, help="A command that takes longer hangs.")
def main(only: str | None, seconds: float) -> None:
    """Fetch missing files, then run both programs on all."""
    collect(FOLDER, only)
    shutil.rmtree(FOLDER / "index", ignore_errors=True)
    shutil.rmtree(FOLDER / "built", ignore_errors=True)
    (FOLDER / "declarations").mkdir(exist_ok=True)
    (FOLDER / "declarations/corpora.toml").write_text(DECLARATION)
    (FOLDER / "local.cfg").write_text(CONFIG)
    bounds = ("--limit", "seconds=60", "--limit", "image_seconds=60", "--limit", "memory=2GB")
    ended = [_run(seconds, "indexer", "scan", "--source", "corpora", *bounds)]
    _write_ids()
    ended.append(_run(seconds, "indexer", "select", "--ids", "train=ids.txt", "--name", "all"))
    ended.append(_run(seconds, "indexer", "inspect", "all", *bounds))
    ended.append(_run(seconds, "materializer", "build", "--selection", "all", "--output", "built", *bounds))
    ended.append(_run(seconds, "materializer", "verify", "built"))
    _report()
    crashes, hangs = ended.count("crash"), ended.count("hang")
    print(f"crashes {crashes}, hangs {hangs}")
    sys.exit(1 if crashes or hangs else 0)


def _run(seconds: float, program: str, *arguments: str) -> str:
    """Run a command on the corpora; return ok, found, crash or hang."""
    started = time.monotonic()
    command = [sys.executable, "-m", program, *arguments, "--quiet"]
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(
            command, cwd=FOLDER, env=settings, timeout=seconds, capture_output=True, encoding="utf-8",
            errors="replace", check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _print_result(program, arguments, "hang", started)
    is_crash = done.returncode not in (0, 1) or "Traceback" in done.stderr
    if is_crash:
        print(done.stderr[-2_000:], file=sys.stderr)
    return _print_result(program, arguments, "crash" if is_crash else "found" if done.returncode else "ok", started)


def _print_result(program: str, arguments: tuple[str, ...], how: str, started: float) -> str:
    print(f"{program} {arguments[0]}: {how}, {time.monotonic() - started:.0f} s", flush=True)
    return how


def _rows(query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(FOLDER / "index/manifest.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def _write_ids() -> None:
    ids = _rows("select file_id from manifest where status = 'ok' order by file_id")
    (FOLDER / "ids.txt").write_text("".join(f"{file_id}\n" for (file_id,) in ids if "\n" not in str(file_id)))


def _report() -> None:
    """Print files, containers by status, members by status, rows built and refused."""
    print(f"files {sum(path.is_file() for path in (FOLDER / 'files').rglob('*')):,}")
    for status, count in _rows("select status, count(*) from container group by all order by all"):
        print(f"containers {status}: {count:,}")
    for code, count in _rows("select code, count(*) from finding group by all order by 2 desc, 1 limit 20"):
        print(f"  finding {code}: {count:,}")
    for status, count in _rows(
        "select coalesce(status, 'not inspected'), count(*) from inspection group by all order by 2 desc"
    ):
        print(f"members {status}: {count:,}")
    refused, rows = FOLDER / "built/record/refused.parquet", FOLDER / "built/record/rows/*.parquet"
    with duckdb.connect() as connection:
        [(count,)] = connection.execute(f"select count(*) from '{rows}'").fetchall()
        print(f"rows ok {count:,}")
        for reason, count in connection.execute(
            f"select reason, count(*) from '{refused}' group by all order by 2 desc"
        ).fetchall():
            print(f"  refused {reason}: {count:,}")


if __name__ == "__main__":
    main()
