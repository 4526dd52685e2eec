"""Mistakes of users, and the one line that each of them gives."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from indexer import __version__
from indexer.manifest.schema import SCHEMA_VERSION
from tests.cli import mistaken_folders as folders

TOO_LONG = 300 * "x"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Files to create, a command line, and the expected message."""

    prepare: Callable[[Path], None]
    call: str
    message: str


MISTAKES = {
    "path that does not exist": Mistake(
        folders.nothing, "indexer scan Pictres", "Pictres does not exist: name a folder, an archive or an address",
    ),
    "path of one image": Mistake(
        lambda folder: (folder / "a.png").write_bytes(b"x") and None, "indexer scan a.png",
        "a.png is one image: name its folder",
    ),
    "path of a text": Mistake(
        lambda folder: (folder / "a.txt").write_bytes(b"x") and None, "indexer scan a.txt",
        "a.txt is neither a folder nor an archive: name a folder, or a zip",
    ),
    "paths and a source": Mistake(
        folders.nothing, "indexer scan here --source coco",
        "name either PATHs or sources with --source. See: python -m indexer scan --help",
    ),
    "init of a missing folder": Mistake(
        folders.nothing, "indexer init Pictres", "Pictres does not exist: name a folder, an archive or an address",
    ),
    "init over a configuration": Mistake(
        folders.config(), "indexer init .", "local.cfg exists: remove it first, or run this command in another folder",
    ),
    "get without a manifest": Mistake(
        folders.nothing, "indexer get a --output out",
        "no manifest at manifest.duckdb: run 'python -m indexer scan' first",
    ),
    "get of an unknown image": Mistake(
        folders.manifest, "indexer get a --output out",
        "no image 'a' in {folder}/index/manifest.duckdb: the manifest has no images; run a scan first",
    ),
    "trace of a missing file": Mistake(
        folders.manifest, "indexer trace a.png", "a.png cannot be read: No such file or directory",
    ),
    "vertical CSV": Mistake(
        folders.manifest, "indexer sql 'select 1' --vertical --format csv",
        "--vertical excludes --format csv. See: python -m indexer sql --help",
    ),
    "no local.cfg": Mistake(
        folders.nothing, "indexer scan",
        "local.cfg does not exist: scan folders and archives without it, as in 'python -m indexer scan ~/Pictures', or"
        " write one with 'python -m indexer init'",
    ),
    "config without its keys": Mistake(
        lambda folder: (folder / "local.cfg").write_text("[paths]\ntmp_cache_dir = tmp\n") and None, "indexer scan",
        "local.cfg: [paths] lacks input_datasets_path, output_path, intermediate_outputs_path: see local.cfg.example",
    ),
    "config without its section": Mistake(
        lambda folder: (folder / "local.cfg").write_text("[folders]\n") and None, "indexer scan",
        "local.cfg has no section [paths]: see local.cfg.example",
    ),
    "typo in a section": Mistake(
        lambda folder: (folder / "local.cfg").write_text("[path]\n") and None, "indexer scan",
        "local.cfg: unknown section [path] (did you mean [paths]?)",
    ),
    "undeclared key": Mistake(
        folders.config("holidays = pictures\n"), "indexer scan",
        "local.cfg: unknown key 'holidays' in [paths]: no declaration has this key; add your own declarations to"
        " declarations_path",
    ),
    "missing declarations folder": Mistake(
        folders.config("declarations_path = mine\nholidays = pictures\n"), "indexer scan",
        "local.cfg: declarations_path = {folder}/mine is not a folder: correct it, or remove the line",
    ),
    "index folder is a file": Mistake(
        folders.file_for_index, "indexer scan",
        "{folder}/index cannot be made (File exists): correct intermediate_outputs_path in local.cfg,"
        " or name a file with --manifest-db",
    ),
    "typo in a key": Mistake(
        folders.config("gen_image = datasets/GenImage\n"), "indexer scan",
        "local.cfg: unknown key 'gen_image' in [paths] (did you mean 'genimage'?)",
    ),
    "wrong input_datasets_path": Mistake(
        folders.config(), "indexer scan",
        "local.cfg: no source was found below {folder}/datasets: correct input_datasets_path,"
        " or run 'python -m indexer sources' to see where each source is searched",
    ),
    "wrong path of a source": Mistake(
        folders.with_folder("datasets/coco", "genimage = /mnt/GenImage\n"), "indexer scan",
        "local.cfg: path does not exist: genimage = /mnt/GenImage: correct it, or remove the line",
    ),
    "missing source": Mistake(
        folders.config(), "indexer scan --source coco",
        "coco: {folder}/datasets/coco does not exist: put the dataset there, or set its path in local.cfg",
    ),
    "typo in a source": Mistake(
        folders.config(), "indexer scan --source genimge",
        "--source: unknown source 'genimge': did you mean 'genimage'?",
    ),
    "wrong declaration": Mistake(
        folders.bad_declaration, "indexer scan",
        "holidays.toml: 2 problems\n"
        "  - rule 1: unknown key 'lable' (did you mean 'label'?)\n"
        "  - rule 1: 'origin' uses {{yaer}}, which is neither a group of the path nor built in (did you mean 'year'?)",
    ),
    "nothing selected": Mistake(
        folders.manifest, "materializer build --selection demo --output built/demo",
        "no selection 'demo' in {folder}/index/manifest.duckdb: make one with 'python -m indexer select RECIPE'",
    ),
    "output is another folder": Mistake(
        folders.other_output, "materializer build --selection demo --output built",
        "built is not empty and holds no build: name a new folder, or empty it",
    ),
    "output inside a source": Mistake(
        folders.selected_from_a_source, "materializer build --selection demo --output datasets/coco/built",
        "datasets/coco/built is inside the source 'coco' ({folder}/datasets/coco), which must not be changed:"
        " name another folder",
    ),
    "export inside a source": Mistake(
        folders.selected_from_a_source, "indexer export demo datasets/coco/shared",
        "datasets/coco/shared is inside the source 'coco' ({folder}/datasets/coco), which must not be changed:"
        " name another folder",
    ),
    "invalid shard size": Mistake(
        folders.manifest, "materializer build --selection demo --output built --shard-size big",
        "Invalid value for '--shard-size': 'big' is not a size: write it as 500MB or 2GiB."
        " See: python -m materializer build --help",
    ),
    "dataset without a manifest": Mistake(
        folders.nothing, "materializer verify built",
        "no manifest at manifest.duckdb: run 'python -m indexer scan' first; or use --no-manifest",
    ),
    "missing dataset": Mistake(
        folders.nothing, "materializer report built --no-manifest",
        "built/dataset_dict.json cannot be read (No such file or directory):"
        " name a folder that a build or 'save_to_disk' has written",
    ),
    "verify of a missing build": Mistake(
        folders.manifest, "materializer verify nowhere",
        "nowhere holds no finished build (build.json is missing): name the folder of a build, or run it again",
    ),
    "import of a missing export": Mistake(
        folders.manifest, "indexer import nowhere",
        "nowhere is no export (manifest.json is missing): name the folder of an export",
    ),
    "no manifest yet": Mistake(
        folders.config(), "indexer sql 1",
        "no manifest at {folder}/index/manifest.duckdb: run 'python -m indexer scan' first",
    ),
    "manifest of another version": Mistake(
        folders.newer_manifest, "indexer stats",
        f"{{folder}}/index/manifest.duckdb has schema version 99 (written by image-manifest {__version__}), and"
        f" image-manifest {__version__} reads schema versions up to {SCHEMA_VERSION}: install the newer program, or"
        " name another file with --manifest-db",
    ),
    "unknown recipe": Mistake(
        folders.manifest, "indexer select dmo",
        "no recipe at dmo: did you mean 'demo'? name a TOML file, or one of ai_gen_bench_v1, balanced, demo,"
        " demo_aligned, locked_test, temporal",
    ),
    "wrong recipe": Mistake(
        folders.bad_recipe, "indexer select recipe.toml",
        "recipe.toml: 4 problems\n"
        "  - 'per_generator' or 'per_stratum' is missing: give the number of images\n"
        "  - 'seed' is missing: give a text or a whole number\n"
        "  - unknown key 'per_generater' (did you mean 'per_generator'?)\n"
        "  - split: the parts sum to 1.1, not 1",
    ),
    "unknown selection": Mistake(
        folders.manifest, "indexer stats demo",
        "no selection 'demo' in {folder}/index/manifest.duckdb: make one with 'python -m indexer select RECIPE'",
    ),
    "typo in a selection": Mistake(
        folders.other_output, "indexer inspect dmo",
        "no selection 'dmo' in {folder}/index/manifest.duckdb: did you mean 'demo'?",
    ),
    "undeclared source": Mistake(
        folders.nothing, "indexer sources genimge", "unknown source 'genimge': did you mean 'genimage'?",
    ),
    "recipe is not TOML": Mistake(
        folders.no_toml, "indexer select recipe.toml", "recipe.toml is no TOML: Invalid value (at line 1, column 8)",
    ),
    "missing list": Mistake(
        folders.manifest, "indexer select --ids train=train.txt --name mine",
        "train.txt cannot be read as a list of file ids: No such file or directory",
    ),
    "unknown output suffix": Mistake(
        folders.manifest, "indexer sql 'from manifest' --output images.xlsx",
        "images.xlsx has no suffix of a known format: choose one of table, csv, json, parquet, markdown with --format."
        " See: python -m indexer sql --help",
    ),
    "query in a missing file": Mistake(
        folders.manifest, "indexer sql query.sql", "query.sql cannot be read as a query: No such file or directory",
    ),
    "archive as a recipe": Mistake(
        lambda folder: folders.manifest(folder) or ((folder / "a.zip").write_bytes(b"PK\xb8") and None),
        "indexer select a.zip", "a.zip cannot be read as a recipe: it is not text in UTF-8",
    ),
    "scheduler without its backend": Mistake(
        folders.manifest, "indexer inspect --all --scheduler tcp://host:8786",
        "--scheduler needs --backend dask or --backend ray. See: python -m indexer inspect --help",
    ),
    "one of two values": Mistake(
        folders.manifest, "indexer audit --between demo",
        "Option '--between' requires 2 arguments. See: python -m indexer audit --help",
    ),
    "device as a path": Mistake(
        folders.nothing, "indexer scan /dev/null",
        "/dev/null is neither a folder nor an archive: name a folder, or a zip",
    ),
    "address without a server": Mistake(
        folders.nothing, "indexer scan http://127.0.0.1:9/set",
        "http://127.0.0.1:9/set does not exist, or its server does not answer: name a folder, an archive or an address",
    ),
    "file as a build": Mistake(
        folders.manifest, "materializer verify local.cfg",
        "local.cfg holds no finished build (build.json is missing): name the folder of a build, or run it again",
    ),
    "folder as a configuration": Mistake(
        lambda folder: (folder / "here").mkdir(), "indexer stats --config here", "here cannot be read: Is a directory",
    ),
    "SQL syntax error": Mistake(
        folders.manifest, "indexer sql 'selec 1'", 'Parser Error: syntax error at or near "selec"',
    ),
    "typo in a table": Mistake(
        folders.manifest, "indexer sql 'from manifst'",
        "Catalog Error: Table with name manifst does not exist! Did you mean 'manifest'?",
    ),
    "unknown limit": Mistake(
        folders.with_folder("datasets/coco"), "indexer scan --limit pixel=1",
        "unknown limit 'pixel': did you mean 'pixels'?",
    ),
    "typo in a command": Mistake(
        folders.nothing, "indexer scna",
        "No such command 'scna'. Did you mean 'scan'? See: python -m indexer --help",
    ),
    "value out of range": Mistake(
        folders.nothing, "indexer stats --jobs 0",
        "Invalid value for '--jobs': 0 is not in the range x>=1. See: python -m indexer stats --help",
    ),
    "name with a slash": Mistake(
        folders.manifest, "indexer select demo --name ../demo",
        "Invalid value for '--name': '../demo' is empty, or has a slash, a leading dot or dash, or a control character."
        " See: python -m indexer select --help",
    ),
    "name of an option as the name of a selection": Mistake(
        folders.manifest, "indexer select demo --name -x",
        "Invalid value for '--name': '-x' is empty, or has a slash, a leading dot or dash, or a control character."
        " See: python -m indexer select --help",
    ),
    "recipe and lists": Mistake(
        folders.manifest, "indexer select demo --ids train=x.txt",
        "name a recipe, a query with --sql, or lists with --ids. See: python -m indexer select --help",
    ),
    "typo in an option": Mistake(
        folders.nothing, "indexer stats --debgu",
        "No such option '--debgu'. Did you mean '--debug'? See: python -m indexer stats --help",
    ),
    "typo in a column": Mistake(
        folders.manifest, "indexer sql 'select genrator from manifest'",
        'Binder Error: Referenced column "genrator" not found in FROM clause!'
        ' Candidate bindings: "generator", "generator_released", "reason", "negative_prompt", "extra"',
    ),
    "name of a recipe that is too long": Mistake(
        folders.manifest, f"indexer select {TOO_LONG}",
        f"{TOO_LONG} cannot be used (File name too long): name a shorter path",
    ),
    "name of a manifest that is too long": Mistake(
        folders.manifest, f"indexer stats --manifest-db {TOO_LONG}",
        f"{TOO_LONG} cannot be opened as a manifest (File name too long): name another file with --manifest-db",
    ),
    "missing output folder": Mistake(
        folders.manifest, "indexer stats --output nowhere/stats.md",
        "nowhere/stats.md cannot be written: No such file or directory",
    ),
}  # fmt: skip
