"""The example in the help of each command runs as it is written."""

import shlex
import shutil
import zipfile
from pathlib import Path

import click
import pytest

import indexer.__main__
import materializer.__main__
from indexer.cli.running import program
from tests.cli.conftest import Run
from tests.support.gallery import picture

PROGRAMS = {"indexer": indexer.__main__.COMMANDS, "materializer": materializer.__main__.COMMANDS}
# Commands whose examples need a service: other tests run them.
SERVICES = {("indexer", "browse"), ("materializer", "push")}
# In order: later examples use the results of earlier ones. A `+` line prepares names that examples use.
CALLS = """\
+ python -m indexer scan ~/Pictures
python -m indexer get Pictures/2024/astronaut.jpg --output extracted
python -m indexer trace unknown.jpg downloads/
python -m indexer init ~/Pictures
python -m indexer scan
python -m indexer sources
python -m indexer sql "select origin, generator, count(*) from manifest group by all"
python -m indexer select --sql large.sql --sample 1000 --seed 7
+ python -m indexer select --sql "from manifest" --name ai_gen_bench_v1
+ python -m indexer select --sql "from manifest" --name demo
+ python -m indexer select --sql "from manifest" --name mine
python -m indexer inspect ai_gen_bench_v1 --jobs 8
python -m indexer inspect --sql "from manifest where origin = 'COCO'"
python -m indexer selections
python -m indexer drop mine
python -m indexer stats demo --format markdown --output DATASET_STATS.md
python -m indexer audit ai_gen_bench_v1 --threshold 0.7 --format markdown
python -m indexer export ai_gen_bench_v1 shared/ai_gen_bench_v1
+ python -m indexer drop ai_gen_bench_v1
python -m indexer import shared/ai_gen_bench_v1 --missing substitute
+ python -m indexer export demo shared/v1
+ python -m indexer export demo shared/v2
python -m indexer diff shared/v1 shared/v2
python -m indexer report ai_gen_bench_v1 --output page.html
python -m indexer fetch synthbuster
python -m materializer plan --selection demo --jobs 8
python -m materializer build --selection demo --output built/demo
python -m materializer verify built/demo
python -m materializer report built/demo --output demo.html
+ python -m materializer build --selection demo --output built/large
python -m materializer finalize built/large built/standard
"""
# A sample of 1,000 from 9 images; images that are not labelled; no photograph of COCO.
STATUS = {"select": {0, 1}, "audit": {0, 1}, "inspect": {0, 2}}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder and a home folder with the files that the examples name."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pictures" / "2024").mkdir(parents=True)
    for name in ("astronaut", "chelsea", "coffee"):
        (tmp_path / "Pictures" / "2024" / f"{name}.jpg").write_bytes(picture(name, (96, 64), "JPEG"))
    with zipfile.ZipFile(tmp_path / "Pictures" / "more.zip", "w") as archive:
        for number in range(6):
            archive.writestr(f"{number}.jpg", picture(str(number), (96, 64), "JPEG"))
    (tmp_path / "downloads").mkdir()
    shutil.copy(tmp_path / "Pictures" / "2024" / "coffee.jpg", tmp_path / "unknown.jpg")
    shutil.copy(tmp_path / "unknown.jpg", tmp_path / "downloads" / "one.jpg")
    (tmp_path / "large.sql").write_text("from manifest where size > 100")
    return tmp_path


@pytest.mark.slow
def test_examples_run(run: Run, world: Path) -> None:
    for line in CALLS.splitlines():
        _, _, name, command, *arguments = shlex.split(line.removeprefix("+ "))
        expanded = [str(world / word[2:]) if word.startswith("~/") else word for word in arguments]
        done = run(command, *expanded, program=name)
        assert done.returncode in STATUS.get(command, {0}), (line, done)


@pytest.mark.parametrize(
    ("name", "command"), [(name, each) for name, commands in PROGRAMS.items() for each in commands]
)
def test_an_example_of_every_command_is_run(name: str, command: str) -> None:
    group = program.LazyGroup(package=name, modules=PROGRAMS[name])
    found = group.get_command(click.Context(group), command)
    examples = [line.partition("Example: ")[2] or line.strip() for line in str(found and found.epilog).splitlines()]
    assert (name, command) in SERVICES or set(examples) & set(CALLS.splitlines())
