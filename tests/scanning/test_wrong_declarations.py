"""A declaration that is wrong stops neither the scan of other sources nor the use of its own rows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from indexer import Manifest
from indexer.base.errors import DeclarationError
from indexer.cli.running.program import run

RULE = "[[rule]]\npath = '(?P<name>[^/]+)'\nfile_id = '{key}/{{name}}'\n"
RULES = {key: RULE.format(key=key) for key in ("first", "second")}
WRONG = {
    "typo": RULES["first"] + "lable = 'real'\n",
    "no TOML": RULES["first"] + "[[rule]\n",
    "not UTF-8": RULES["first"] + "# \udce9\n",
    "missing base": "extends = 'nothing'\n" + RULES["first"],
    "pattern": RULES["first"].replace("(?P<name>", "(?P<name"),
}
IDS = "select list(file_id order by file_id) from manifest"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sources of two images each, and their declarations."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for key, text in RULES.items():
        (tmp_path / "data" / key).mkdir(parents=True)
        (tmp_path / "mine" / f"{key}.toml").write_text(text)
        for number in range(2):
            Image.new("RGB", (8 + number, 8)).save(tmp_path / "data" / key / f"{number}.png")
    paths = dict.fromkeys(("output_path", "tmp_cache_dir", "intermediate_outputs_path"), tmp_path)
    lines = [
        f"{key} = {path}" for key, path in {**paths, "input_datasets_path": "data", "declarations_path": "mine"}.items()
    ]
    (tmp_path / "local.cfg").write_text("\n".join(["[paths]", *lines]))
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_others_are_scanned_and_its_rows_are_kept(folder: Path, text: str) -> None:
    before = Manifest.scan(jobs=1).sql("from manifest order by file_id").dicts()
    (folder / "mine" / "first.toml").write_bytes(text.encode(errors="surrogateescape"))
    Image.new("RGB", (30, 8)).save(folder / "data" / "second" / "2.png")
    with pytest.warns(UserWarning, match=r"first: not scanned, its rows are kept: first.toml: \d problem"):
        manifest = Manifest.scan(jobs=1)
    assert [row for row in manifest.sql("from manifest order by file_id").dicts() if row in before] == before
    assert manifest.sql(IDS).fetchone() == (["first/0", "first/1", "second/0", "second/1", "second/2"],)
    assert manifest.image("first/0").size == (8, 8)


def test_rows_follow_the_declaration_again_when_it_is_mended(folder: Path) -> None:
    (folder / "mine" / "first.toml").write_text(WRONG["typo"])
    with pytest.warns(UserWarning, match="first: not scanned: first.toml"):
        assert len(Manifest.scan(jobs=1)) == 2
    (folder / "mine" / "first.toml").write_text(RULES["first"].replace("first/", "mended/"))
    assert Manifest.scan(jobs=1).sql(IDS).fetchone() == (["mended/0", "mended/1", "second/0", "second/1"],)


def test_copies_of_a_kept_image_are_compared_again(folder: Path) -> None:
    both = RULES["first"].replace("first/", "shared/")
    for key in RULES:
        (folder / "mine" / f"{key}.toml").write_text(both)
    counts = "select (select count(*) from attributes), (select count(*) from other_copy)"
    assert Manifest.scan(jobs=1).sql(counts).fetchone() == (2, 2)
    (folder / "mine" / "first.toml").write_text(WRONG["typo"])
    Image.new("RGB", (30, 8)).save(folder / "data" / "second" / "2.png")
    with pytest.warns(UserWarning, match="first: not scanned"):
        assert Manifest.scan(jobs=1).sql(counts).fetchone() == (3, 2)


def test_source_that_uses_a_table_of_it_is_not_scanned_either(folder: Path) -> None:
    table = "[tables.prompts]\nfile = 'prompts\\.csv'\nkey = 'id'\n"
    (folder / "mine" / "first.toml").write_text(WRONG["typo"] + "description = '{name|prompts.text}'\n" + table)
    shared = "[tables.prompts]\nfrom = 'first.prompts'\nkey = 'id'\n"
    (folder / "mine" / "second.toml").write_text(RULES["second"] + "description = '{name|prompts.text}'\n" + shared)
    with pytest.raises(
        DeclarationError, match=r"second.toml: 1 problem\n.*'from' uses 'first.prompts', but first.toml is"
    ):
        Manifest.scan(jobs=1)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the program ``indexer``; return status, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        from indexer.__main__ import COMMANDS  # noqa: PLC0415

        monkeypatch.setattr("sys.argv", ["indexer", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run("indexer", "", COMMANDS)
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


def test_commands_report_it(folder: Path, command: Callable[..., tuple[int, str, str]]) -> None:
    (folder / "mine" / "first.toml").write_text(WRONG["typo"])
    line = "first.toml: 1 problem: rule 1: unknown key 'lable' (did you mean 'label'?)"
    status, out, _ = command("scan", "--jobs", "1")
    assert status == 1
    assert f"warning: first: not scanned: {line} ('python -m indexer sources first' lists all problems)\n" in out
    status, _, err = command("scan", "--source", "second", "--jobs", "1")
    assert status == 0
    assert f"not used: {line}\n" in err
    assert command("scan", "--source", "first") == (2, "", f"error: {line.replace(': rule', chr(10) + '  - rule')}\n")
    assert command("sources", "first")[0] == 2
    status, out, err = command("sources")
    assert (status, err) == (1, line.replace(": rule", "\n  - rule") + "\n")
    assert "wrong declaration" in out
    assert command("sources", "second")[0] == 0
