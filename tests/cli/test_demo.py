"""The commands of demo/run, on generated images instead of downloaded photographs."""

import re
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from datasets import load_from_disk
from PIL import Image

from demo import __main__ as samples
from demo.layouts import make_coco, make_genimage, make_synthbuster
from demo.photographs import PHOTOGRAPHS
from tests.cli.conftest import ROOT, Run


def _steps() -> Iterator[list[str]]:
    for line in re.findall(
        r"^step (python -m (?:indexer|materializer) .*)$", (ROOT / "demo/run").read_text(), re.MULTILINE
    ):
        yield shlex.split(line)[2:]


def _picture(number: int) -> Image.Image:
    """Return soft coloured patches, different for every number: small files, and no two equal crops."""
    patches = Image.frombytes(
        "RGB", (24, 18), bytes((7 * number + 89 * i * i + 31 * i) % 256 for i in range(24 * 18 * 3))
    )
    return patches.resize((640, 480), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    photographs = {photograph: _picture(number) for number, photograph in enumerate(PHOTOGRAPHS)}
    make_genimage(folder / "datasets" / "GenImage", photographs)
    make_synthbuster(folder / "datasets" / "synthbuster", photographs)
    make_coco(folder / "datasets" / "coco", photographs)
    (folder / "wheels").mkdir()
    for photograph, picture in photographs.items():
        with zipfile.ZipFile(folder / "wheels" / f"{photograph.wheel}-1.0-py3-none-any.whl", "a") as wheel:
            picture.save(folder / "picture.png")
            wheel.write(folder / "picture.png", photograph.member)
    samples.write_config(folder)
    return folder


@pytest.mark.slow
def test_demo_commands_build_a_dataset(data: Path, run: Run) -> None:
    for program, *arguments in _steps():
        done = run(*arguments, program=program, folder=data)
        assert done.returncode == 0, (program, arguments, done.stderr)
    built = load_from_disk(str(data / "built" / "demo"))
    assert {split: len(rows) for split, rows in built.items()} == {"train": 72, "validation": 24}
    counts = run(
        "sql", "select source, count(*) from manifest group by all order by all", "--format", "csv", folder=data
    )
    assert counts.stdout.split()[1:] == ["coco,120", "genimage,72", "synthbuster,72", "wheels,8"]


@pytest.mark.slow
def test_samples_are_deterministic(tmp_path: Path) -> None:
    photographs = {photograph: _picture(number) for number, photograph in enumerate(PHOTOGRAPHS)}
    make_coco(tmp_path / "a", photographs)
    make_coco(tmp_path / "b", photographs)
    first, second = ([path.read_bytes() for path in sorted((tmp_path / name).iterdir())] for name in "ab")
    assert len(first) == 3
    assert first == second
