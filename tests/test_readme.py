"""The README is correct: its commands and options exist, and the programs read its files."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import indexer.__main__
import materializer.__main__
from indexer import declarations
from indexer.base import config
from indexer.cli.running import program
from indexer.selection import recipe

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PROGRAMS = {"indexer": indexer.__main__.COMMANDS, "materializer": materializer.__main__.COMMANDS}


def _blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _calls() -> list[str]:
    lines = "\n".join(_blocks("sh") + _blocks("text", COMMANDS)).splitlines()
    return [line.split("   ")[0] for line in lines if line.startswith("python -m ")]


@pytest.mark.parametrize("call", _calls())
def test_commands_and_options_exist(call: str) -> None:
    _, _, name, command, *arguments = shlex.split(call.replace("[", "").replace("]", "").replace("...", ""))
    group = program.LazyGroup(package=name, modules=PROGRAMS[name])
    found = group.get_command(click.Context(group), command)
    assert found
    known = {option for parameter in found.params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("--")} <= known


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`?\bmake ([a-z]+)\b(?= |`|$)", "\n".join(_blocks("sh")))) <= targets
    assert set(re.findall(r"`make ([a-z-]+)[` ]", README)) <= targets


def test_ci_runs_what_the_readme_names() -> None:
    assert "make test" in _blocks("sh")[0]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").endswith("\nmake test\nmake test-slow\n")


def test_declaration_and_config_are_read(tmp_path: Path) -> None:
    declaration, recipe_text = _blocks("toml")
    (tmp_path / "my-declarations").mkdir()
    (tmp_path / "my-declarations" / "holidays.toml").write_text(declaration)
    (tmp_path / "local.cfg").write_text(_blocks("ini")[0])
    settings = config.load(tmp_path / "local.cfg")
    assert settings.declarations_path
    (source,) = declarations.load([settings.declarations_path])
    assert (source.key, source.default_folder) == ("holidays", str(Path("~/Pictures").expanduser()))
    assert recipe.parse(recipe_text).per_generator == 100


def test_example_config_is_read() -> None:
    assert config.load(ROOT / "local.cfg.example").sources == {}


def test_folders_of_the_tree_exist() -> None:
    tree = next(block for block in _blocks("text", ARCHITECTURE) if "phase one" in block)
    parents: list[str] = []
    for indent, name in re.findall(r"^( *)([\w/]+)/  ", tree, re.MULTILINE):
        parents = [*parents[: len(indent) // 2], name]
        assert (ROOT / "/".join(parents)).is_dir(), parents


def test_tree_names_every_package() -> None:
    packages = {file.parent.name for top in ("indexer", "materializer") for file in (ROOT / top).glob("*/__init__.py")}
    assert packages <= {*re.findall(r"^ *([\w/]+)/  ", ARCHITECTURE, re.MULTILINE)}


def test_completion_line_works() -> None:
    (line,) = (line for line in "\n".join(_blocks("sh", COMMANDS)).splitlines() if "COMPLETE=bash" in line)
    script = line.split("#")[0].replace(" python -m", f" {sys.executable} -m")
    subprocess.run(["bash", "-c", f"{script}\ncomplete -p indexer"], cwd=ROOT, check=True, capture_output=True)
