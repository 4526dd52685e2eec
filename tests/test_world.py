"""The small AI-GenBench of the benchmarks is complete: every origin is scanned, and the recipe is satisfied."""

import subprocess
import sys
from pathlib import Path

import datasets
import pytest

from benchmarks.world.making import make
from indexer import Manifest
from tests.support.programs import require_program

PER_GENERATOR = 2
ORIGINS = {
    "Aeroblade", "Artifact", "COCO2017_train", "COCO2017_val", "DDMD", "DMimageDetection/test",
    "DMimageDetection/train", "DMimageDetection/valid", "DRCT", "ELSA_D3/train", "ELSA_D3/valid", "Forensynths/test",
    "Forensynths/train", "Forensynths/valid", "GenImage/train", "ILSVRC2012_train", "ILSVRC2012_val", "Imaginet",
    "LAION-400M", "Polardiffshield", "RAISE", "SFHQ-T2I", "Synthbuster",
}  # fmt: skip


def run(folder: Path, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", *words, "--jobs=2", "--quiet", f"--config={folder / 'local.cfg'}"], check=True
    )


@pytest.mark.slow
def test_small_ai_gen_bench_is_complete(tmp_path: Path) -> None:
    require_program("7zz")
    make(tmp_path, PER_GENERATOR)
    run(tmp_path, "indexer", "scan")
    run(tmp_path, "indexer", "select", str(tmp_path / "recipe.toml"), "--name=world")
    run(
        tmp_path,
        "materializer",
        "build",
        "--selection=world",
        f"--output={tmp_path / 'built'}",
        "--image-feature=standard",
    )
    manifest = Manifest.open(tmp_path / "out" / "manifest.duckdb")
    assert {origin for (origin,) in manifest.sql("select distinct origin from manifest").fetchall()} == ORIGINS
    assert manifest.sql("select distinct status from container").fetchall() == [("complete",)]
    assert manifest.sql("from derivation_error").fetchall() == []
    built = datasets.load_from_disk(str(tmp_path / "built"))
    assert sum(map(len, built.values())) == 36 * PER_GENERATOR * 2
