"""A scan that loses images reports it: a line with the likely cause, and exit status 1."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_scan import CONFIG
from tests.scanning.conftest import fill

RULE = "[[rule]]\npath = '{path}'\ngenerator = \"ADM\"\n"


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    """A configuration for the source `birds`, whose declaration is still missing."""
    (tmp_path / "local.cfg").write_text(f"{CONFIG}declarations_path = mine\n")
    (tmp_path / "mine").mkdir()
    return fill(tmp_path / "in" / "birds", {f"set/{number}.png": b"png" for number in range(4)})


def declare(folder: Path, text: str) -> None:
    (folder.parents[1] / "mine" / "birds.toml").write_text(text)


def scan(run: Run) -> tuple[int, str]:
    done = run("scan", "--source", "birds", "--quiet")
    return done.returncode, "\n".join(line for line in done.stdout.splitlines() if line.startswith("warning: "))


def test_scan_without_loss_has_no_warning(birds, run):
    declare(birds, RULE.format(path="set/[^/]+"))
    assert scan(run) == (0, "")


@pytest.mark.parametrize("path", [r"set/\d+\.png", r"set/(?P<name>[^/]+)\.(?:png|jpg)"])
def test_pattern_with_suffix_is_named_as_the_cause(birds, run, path):
    declare(birds, RULE.format(path=path))
    status, warning = scan(run)
    assert status == 1
    assert warning == (
        "warning: birds: 4 of 4 images have no row: `path` is matched without the suffix: remove it from rule 1"
    )


def test_mostly_unmatched_images_are_reported_with_an_example(birds, run):
    fill(birds, {f"other/{number}.png": b"png" for number in range(5)})
    declare(birds, RULE.format(path="set/[^/]+"))
    status, warning = scan(run)
    assert status == 1
    assert warning == "warning: birds: 5 of 9 images have no row: no rule matches other/0"


def test_fakes_with_a_name_of_real_images_as_generator_are_reported(birds, run):
    fill(birds, {f"Real/{number}.png": b"png" for number in range(3)})
    declare(birds, "[[rule]]\npath = '(?P<folder>[^/]+)/[^/]+'\ngenerator = \"{folder}\"\n")
    status, warning = scan(run)
    assert status == 1
    assert warning == (
        "warning: birds: 3 of 7 images are labelled fake, although their generator is a name of real images, such as"
        " 'real': give them no generator"
    )


def test_few_unmatched_images_are_findings_only(birds, run):
    fill(birds, {"teaser.png": b"png"})
    declare(birds, RULE.format(path="set/[^/]+"))
    assert scan(run) == (0, "")


def test_source_without_images_is_reported(birds, run):
    for file in birds.rglob("*.png"):
        file.rename(file.with_suffix(".dat"))
    declare(birds, RULE.format(path="set/[^/]+"))
    status, warning = scan(run)
    assert status == 1
    assert "no image was found among 4 files: none has an image suffix, and `include` is not set" in warning


@pytest.mark.parametrize("packed", [False, True])
def test_images_that_cannot_be_read_are_counted(birds, run, packed):
    declare(birds, RULE.format(path="set/[^/]+"))
    fill(birds, {"set/9.png": b""})
    if packed:
        with zipfile.ZipFile(birds / "set.zip", "w") as archive:
            for file in sorted(birds.rglob("*.png")):
                archive.write(file, file.relative_to(birds))
                file.unlink()
    status, warning = scan(run)
    assert status == 1
    assert warning == "warning: birds: 1 of 5 images cannot be read; their rows have the status 'unreadable'"
    state = json.loads(run("sources", "birds", "--format", "json").stdout)["sources"][0]
    assert (state["unusable"], state["derivation_error"]) == (1, {})


def test_images_of_formats_that_are_not_read_are_counted_by_name(birds, run):
    declare(birds, RULE.format(path="set/[^/]+"))
    fill(birds, {"set/8.psd": b"8BPS", "set/9.PSD": b"8BPS", "set/7.exr": b"\x76\x2f\x31\x01"})
    status, warning = scan(run)
    assert status == 1
    assert warning.splitlines() == [
        "warning: birds: 1 of 7 images are EXR, which is not read",
        "warning: birds: 2 of 7 images are PSD, which is not read",
    ]


def test_missing_text_costs_no_row_and_is_a_finding(birds, run):
    fill(birds, {"prompts.csv": b"name,prompt\n0,a wren\n1,a robin\n2,\n"})
    declare(
        birds,
        """
[tables.prompts]
file = 'prompts\\.csv'
key  = "name"

[[rule]]
path            = 'set/(?P<name>[^/]+)'
generator       = "ADM"
positive_prompt = "a photo of {name|prompts.prompt}"
description     = "{name|prompts.prompt ?? ''}"
paired_real_images = ["Birds/{name|prompts.prompt}", "Birds/0"]
""",
    )
    assert scan(run) == (0, "")
    query = "select file_id, positive_prompt, description, paired_real_images from manifest order by all"
    assert json.loads(run("sql", query, "--format", "json").stdout) == [
        {"file_id": "birds/set/0", "positive_prompt": "a photo of a wren", "description": "a wren",
         "paired_real_images": ["Birds/a wren", "Birds/0"]},
        {"file_id": "birds/set/1", "positive_prompt": "a photo of a robin", "description": "a robin",
         "paired_real_images": ["Birds/a robin", "Birds/0"]},
        {"file_id": "birds/set/2", "positive_prompt": "a photo of ", "description": "",
         "paired_real_images": ["Birds/", "Birds/0"]},
        {"file_id": "birds/set/3", "positive_prompt": "", "description": "", "paired_real_images": ["Birds/0"]},
    ]  # fmt: skip
    errors = run("sql", "select code, detail from derivation_error", "--format", "csv").stdout.splitlines()
    assert errors[1:] == ["missing_text,{name|prompts.prompt}: prompts.prompt has nothing for 3"]


@pytest.mark.parametrize("column", ["file_id", "generator", "label", "origin"])
def test_missing_identity_costs_the_row(birds, run, column):
    declare(
        birds,
        f"""
[maps.known]
0 = "{"ADM" if column == "generator" else "fake"}"
1 = "{"Glide" if column == "generator" else "real"}"

[[rule]]
path = 'set/(?P<name>[^/]+)'
{"" if column == "generator" else 'generator = "ADM"'}
{column} = "{"x/" if column == "file_id" else ""}{{name|known}}"
""",
    )
    status, _ = scan(run)
    rows = run("sql", "select count(*) as n from manifest", "--format", "csv").stdout.split()
    assert (status, rows) == (0, ["n", "2"])
    errors = run("sql", "select code, count(*) as n from derivation_error group by all", "--format", "csv").stdout
    assert errors.split() == ["code,n", "missing_in_map,2"]


def test_damaged_archive_is_not_a_success(birds, run):
    declare(birds, RULE.format(path="set/[^/]+"))
    (birds / "set.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    status, _ = scan(run)
    assert status == 1
