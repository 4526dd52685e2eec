"""``init`` writes a configuration and a declaration with which every image has a row."""

import json
import tomllib
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.manifest import store
from tests.cli.conftest import Run
from tests.scanning.conftest import fill
from tests.support.gallery import picture

PNG = picture("one", (40, 30), "PNG")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images at several depths, loose and packed; odd names; two that differ in their suffix; side files."""
    found = tmp_path / "My set"
    names = ("root.png", "a/x.png", "a/x.jpg", "a/{b}/Ünï 'q'.png", 'gen/"Flux"/1.png', "deep/1/2/3/4.png")
    fill(found, dict.fromkeys(names, PNG))
    with zipfile.ZipFile(found / "more.zip", "w") as archive:
        archive.writestr("train/fake/1.png", PNG)
        archive.writestr("train/prompts.json", json.dumps([{"file": "1", "prompt": "a cat"}]))
    (found / "a" / "captions.csv").write_text("stem,caption\nx,a dog\n")
    (found / "broken.json").write_text("{")
    return found


@pytest.mark.slow
def test_every_image_has_a_row_after_init(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("init", folder.name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{folder}: 7 images in 6 folders, 3 kinds of tables\n")
    scanned = run("scan")
    assert scanned.returncode == 0, scanned.stdout
    rows = run("sql", "select file_id from manifest order by 1", "--format", "json")
    assert [row["file_id"] for row in json.loads(rows.stdout)][:2] == ["My set/a/x.jpg", "My set/a/x.png"]
    assert len(json.loads(rows.stdout)) == 7
    assert run("sql", "from derivation_error", "--format", "csv").stdout.count("\n") == 1


def test_the_draft_shows_folders_counts_and_columns(run: Run, folder: Path, tmp_path: Path) -> None:
    run("init", folder.name)
    text = (tmp_path / "declarations" / "my_set.toml").read_text()
    assert tomllib.loads(text)["name"] == "My set"
    for line in (
        "# a/captions.csv: columns stem, caption",
        "# more/train/prompts.json: columns file, prompt",
        "# broken.json: columns not known (line 1: not JSON: Expecting property name enclosed in double quotes"
        " (column 2))",
        "#   folder1: a 2",
        "# Images in fake are fake, by the name of the folder. Correct their generator.",
    ):
        assert line in text.splitlines()


def test_a_draft_labels_as_scanning_the_path_does(run: Run, tmp_path: Path) -> None:
    names = ("ADM/0_real/1.png", "ADM/1_fake/1.png", "train/FAKE/1.png", "train/REAL/1.png", "ai/1.png", "1.png")
    fill(tmp_path / "set", dict.fromkeys(names, PNG))
    labels = []
    for command in ("scan", "init"):
        assert run(command, "set").returncode == 0
        assert run("scan").returncode == 0
        rows = run("sql", "select path, label, generator from manifest order by path", "--format", "json").stdout
        labels.append([tuple(row.values()) for row in json.loads(rows)])
    assert labels[0] == labels[1]
    assert [row for row in labels[0] if row[1]] == [
        ("ADM/1_fake/1.png", 1, "ADM"), ("ai/1.png", 1, "unknown"), ("train/FAKE/1.png", 1, "unknown")
    ]  # fmt: skip


def test_a_draft_reads_the_texts_of_side_files(run: Run, tmp_path: Path) -> None:
    many = dict.fromkeys(f"column{number}" for number in range(200))
    files = {
        "a/metadata.csv": "file_name\ttext\n./1.png\tone, two\n./2.png\tthree\n",  # names below the folder of the file
        "b/list.jsonl": '{"seed": 1, "image": "x/b/3.png", "prompt": "four"}\n',  # names of another machine
        "c/4.json": '{"prompt": "five"}',
        "c/4.txt": "six\nseven\n",
        "notes/names.json": json.dumps({"d/1.png": {"caption": "eight", **many}}),  # one object per image, by its path
        "notes/lists.json": '{"info": {}, "images": [{"file": "sub\\\\1.png", "text": "nine"}]}',
        "f/excel.csv": "Image Name; caption\nf/1.png;ten\n".encode("utf-16"),
        "g/lines.json": '{"file": "1.png", "text": "eleven"}\n{"file": "2.png"}\n',
        "other.csv": "a,b\n1,2\n",
    }
    images = ("a/1", "a/2", "b/3", "c/4", "d/1", "e/sub/1", "f/1", "g/1")
    for name, data in (*files.items(), *((f"{name}.png", PNG) for name in images)):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    assert (
        "set: 8 tables may have captions or labels that are not used, such as a/metadata.csv"
        in run("scan", "set").stdout
    )
    assert run("init", "set").returncode == 0
    assert run("scan").returncode == 0
    query = "select description, positive_prompt from manifest order by file_id"
    rows = [tuple(row.values()) for row in json.loads(run("sql", query, "--format", "json").stdout)]
    assert rows == [
        ("one, two", ""),
        ("three", ""),
        ("", "four"),
        ("six seven", "five"),
        ("eight", ""),
        ("nine", ""),
        ("ten", ""),
        ("eleven", ""),
    ]


def test_a_draft_reads_the_labels_of_parquet_files(run: Run, tmp_path: Path) -> None:
    features = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": ["FAKE", "REAL"]}}
    rows = pa.table({"image": [{"bytes": PNG, "path": f"{n}.png"} for n in range(4)], "label": [0, 1, 1, 0],
                     "prompt": list("abcd")})  # fmt: skip
    (tmp_path / "set" / "data").mkdir(parents=True)
    (tmp_path / "set" / "loose.png").write_bytes(PNG)
    described = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(rows.replace_schema_metadata(described), tmp_path / "set" / "data" / "train-0.parquet")
    scanned = run("scan", "set")
    assert "set: 1 table may have captions or labels that are not used, such as data/train-0.parquet" in scanned.stdout
    assert run("init", "set").stdout.startswith(f"{tmp_path}/set: 5 images in 2 folders, 1 kind of tables\n")
    assert run("scan").returncode == 0
    query = "select label, generator, positive_prompt from manifest order by file_id"
    found = [tuple(row.values()) for row in json.loads(run("sql", query, "--format", "json").stdout)]
    assert found == [(1, "unknown", "a"), (0, "", "b"), (0, "", "c"), (1, "unknown", "d"), (0, "", "")]


def test_a_draft_reads_the_labels_of_side_files(run: Run, tmp_path: Path) -> None:
    columns = "status,suffix,line,member_id"  # names that columns of images have, too
    files = {
        "a/labels.csv": f"filename,label,{columns}\n1.png,REAL,s,s,s,s\n2.png,Fake,t,t,t,t\n",
        "a/extra.csv": f"image,{columns}\n1.png,u,u,u,u\n",
        "b/4.json": '{"label": "generated"}',
        "b/5.json": '{"label": "Real"}',
    }
    for name, data in files.items():
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_text(data)
    for name in ("a/1", "a/2", "a/3", "b/4", "b/5"):
        (tmp_path / "set" / f"{name}.png").write_bytes(PNG)
    rows = pa.table({"image": [{"bytes": PNG, "path": f"{n}.png"} for n in range(2)], "kind": ["real", "SDXL"]})
    pq.write_table(rows, tmp_path / "set" / "train.parquet")
    assert run("init", "set").returncode == 0
    draft = tmp_path / "declarations" / "set.toml"
    further = "".join(f"{name} = \"{{path|labels.{name} ?? ''}}\"\n" for name in columns.split(","))
    draft.write_text(draft.read_text() + further)  # of the last rule
    assert "# The generator of each label; images without one are real. Labels: Fake, REAL\n" in draft.read_text()
    assert run("scan").returncode == 0
    query = "select file_id, generator, extra from manifest order by file_id"
    found = [tuple(row.values()) for row in json.loads(run("sql", query, "--format", "json").stdout)]
    assert [row[:2] for row in found] == [
        ("set/a/1", ""), ("set/a/2", "unknown"), ("set/a/3", ""), ("set/b/4", "unknown"), ("set/b/5", ""),
        ("set/train/0/image", ""), ("set/train/1/image", "SDXL"),
    ]  # fmt: skip
    assert found[1][2] == {"folder1": "a", **dict.fromkeys(columns.split(","), "t")}


def test_a_draft_takes_no_numbers_of_classes_for_labels(run: Run, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for number in range(4):
        (tmp_path / "set" / f"{number}.png").write_bytes(PNG)
        (tmp_path / "set" / f"{number}.json").write_text(json.dumps({"label": number}))
    assert "see 'Confirm:'" not in run("init", "set").stdout
    assert run("scan").returncode == 0
    assert _labels(tmp_path) == [0, 0, 0, 0]


def test_a_draft_reads_parquet_files_without_images(run: Run, tmp_path: Path) -> None:
    fill(tmp_path / "set", dict.fromkeys(("a/x/1.png", "a/x/2.png", "b/3.png"), PNG))
    for part in (1, 2):
        rows = pa.table({"path": [f"x/{part}.png"], "text": [f"text {part}"], "fake": [part == 2], "vector": [[0.5]]})
        pq.write_table(rows, tmp_path / "set" / "a" / f"meta-{part}-of-2.parquet")
    pq.write_table(pa.table({"file": ["3.png"], "caption": ["three"]}), tmp_path / "set" / "captions.parquet")
    pq.write_table(pa.table({"unrelated": ["row"]}), tmp_path / "set" / "other.parquet")
    assert "set: 4 tables may have captions or labels that are not used" in run("scan", "set").stdout
    assert run("init", "set").stdout.startswith(f"{tmp_path}/set: 3 images in 2 folders, 3 kinds of tables\n")
    assert run("scan").returncode == 0
    query = "select label, description from manifest order by file_id"
    rows = json.loads(run("sql", query, "--format", "json").stdout)
    assert [tuple(row.values()) for row in rows] == [(0, "text 1"), (1, "text 2"), (0, "three")]


def _labels(folder: Path) -> list[int]:
    with store.open_for_reading(folder / "index" / "manifest.duckdb") as manifest:
        return [label for (label,) in manifest.execute("select label from manifest order by file_id")]


@pytest.mark.parametrize(
    ("column", "fake", "confirms"), [("Label", 1, True), ("is_fake", 1, False), ("real", 0, False)]
)
def test_a_draft_labels_by_columns_of_zeros_and_ones(
    run: Run, tmp_path: Path, column: str, fake: int, confirms: bool
) -> None:
    (tmp_path / "set").mkdir()
    for number in range(4):
        (tmp_path / "set" / f"{number}.png").write_bytes(PNG)
    rows = "".join(f"{number}.png,{number % 2},{number}\n" for number in range(4))
    (tmp_path / "set" / "labels.csv").write_text(f"file,{column},score\n{rows}")
    bits, column_type = ([False, True], pa.bool_()) if column == "is_fake" else ([0, 1], pa.int8())
    table = pa.table({"image": [{"bytes": PNG, "path": None}] * 2, column: pa.array(bits, column_type)})
    pq.write_table(table, tmp_path / "set" / "rows.parquet")
    done = run("init", "set")
    assert ("see 'Confirm:' in declarations/set.toml" in done.stdout) == confirms
    assert ("# Confirm: images whose" in (tmp_path / "declarations/set.toml").read_text()) == confirms
    assert run("scan").returncode == 0
    assert _labels(tmp_path) == ([0, 1, 0, 1, 0, 1] if fake else [1, 0, 1, 0, 1, 0])


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("0", "1"), [0, 1]),
        (("ADM/0", "ADM/1", "SD/0", "SD/1"), [0, 1, 0, 1]),
        (("real/0", "real/1"), [0, 0]),  # parts of a class
        (("0", "1", "2"), [0, 0, 0]),  # numbers of parts
        (("0.parquet", "1.parquet"), [0, 0]),
    ],
)
def test_a_draft_labels_by_folders_named_0_and_1(
    run: Run, tmp_path: Path, names: tuple[str, ...], labels: list[int]
) -> None:
    for name in names:
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".parquet"):
            pq.write_table(pa.table({"jpg": [PNG]}), tmp_path / "set" / name)
        else:
            (tmp_path / "set" / name).mkdir()
            (tmp_path / "set" / name / "x.png").write_bytes(PNG)
    done = run("init", "set")
    assert ("see 'Confirm:' in declarations/set.toml" in done.stdout) == any(labels)
    assert run("scan").returncode == 0
    assert _labels(tmp_path) == labels


def test_a_draft_keeps_images_in_numbered_folders_apart_from_cells(run: Run, tmp_path: Path) -> None:
    fill(tmp_path / "set", dict.fromkeys(("fake/12/a.png", "real/12/a.png"), PNG))
    rows = pa.table({"it's": [PNG, PNG], "mine": [PNG, PNG], "label": ["real", "fake"]})
    pq.write_table(rows, tmp_path / "set" / "rows.parquet")
    assert run("init", "set").stdout.startswith(f"{tmp_path}/set: 6 images in 3 folders, 1 kind of tables\n")
    assert run("scan").returncode == 0
    assert _labels(tmp_path) == [1, 0, 0, 0, 1, 1]


def test_a_draft_suggests_generators_by_folder_but_for_real_images(run: Run, tmp_path: Path) -> None:
    fill(tmp_path / "set", dict.fromkeys(("SDXL/1.png", "Real/1.png"), PNG))
    assert run("init", "set").returncode == 0
    draft = tmp_path / "declarations" / "set.toml"
    draft.write_text(draft.read_text().replace("# generator = ", "generator = "))
    assert run("scan").returncode == 0
    assert _labels(tmp_path) == [0, 1]


def test_a_draft_counts_images_of_one_path(run: Run, tmp_path: Path) -> None:
    (tmp_path / "set" / "x").mkdir(parents=True)
    for name in ("x/1.png", "x/2.png"):
        (tmp_path / "set" / name).write_bytes(PNG)
    with zipfile.ZipFile(tmp_path / "set" / "x.zip", "w") as archive:
        archive.writestr("2.png", PNG)
        archive.writestr("2.jpg", PNG)
    assert run("init", "set").returncode == 0
    lines = (tmp_path / "declarations" / "set.toml").read_text().splitlines()
    assert "# 1 images have the path of another one, as those of x.zip and of x.tar or a folder x have." in lines
    assert "# 1 images differ from others in their suffixes alone: the ids contain them." in lines


def test_nothing_is_replaced(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "local.cfg").write_text("mine")
    done = run("init", folder.name)
    assert (done.returncode, done.stderr) == (
        2, "error: local.cfg exists: remove it first, or run this command in another folder\n",
    )  # fmt: skip
    assert (tmp_path / "local.cfg").read_text() == "mine"
    assert not (tmp_path / "declarations").exists()


def test_a_folder_without_images_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("")
    done = run("init", "empty")
    assert done.returncode == 2
    assert f"error: {tmp_path}/empty has no image: name a folder" in done.stderr
    assert not (tmp_path / "local.cfg").exists()


def test_a_folder_whose_name_would_add_lines_to_the_configuration_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x\ndeclarations_path = ").mkdir()
    done = run("init", "x\ndeclarations_path = ")
    assert (done.returncode, "cannot be a value of local.cfg" in done.stderr) == (2, True)
    assert not (tmp_path / "local.cfg").exists()
