"""The file_ids of the world, and the recipe that they satisfy."""

import math
import re
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.base import resources
from indexer.declarations.derive import derive
from indexer.declarations.models import Source
from indexer.manifest import store
from tests.support.published import ELSA, lay_out
from tests.support.raw_rows import RawRows, lines_of

Sources = Mapping[str, Source]

_PUBLISHED = Path(__file__).parents[2] / "tests" / "declarations" / "published_ids.txt"
_NUMBER = re.compile(r"\d+(?=\D*$)")
_REAL = ("COCO2017_train", "COCO2017_val", "LAION-400M", "RAISE", "ILSVRC2012_train", "ILSVRC2012_val")
# Real images per selected fake. AI-GenBench v1 selects 95,158, 79,480 and 5,362 images of COCO, LAION-400M and RAISE.
_REAL_PER_FAKE = {"COCO2017_train": 0.5, "COCO2017_val": 0.1, "LAION-400M": 0.5, "RAISE": 0.05,
                  "ILSVRC2012_train": 0.04, "ILSVRC2012_val": 0.02}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Derived:
    file_id: str
    origin: str
    generator: str
    pairs: Sequence[str]


def recipe(per_generator: int) -> str:
    """Return the recipe of AI-GenBench v1 with its numbers scaled to ``per_generator``."""
    text = (resources.manifests_folder() / "ai_gen_bench_v1" / "recipe.toml").read_text(encoding="utf-8")
    published = tomllib.loads(text)["per_generator"]
    rules, caps = text.split("\n[caps", 1)
    rules = rules.replace(f"per_generator = {published}", f"per_generator = {per_generator}")
    scaled = re.sub(r"(?<== )\d+$", lambda cap: str(_scaled(int(cap[0]), per_generator / published)), caps, flags=re.M)
    return f"{rules}\n[caps{scaled}"


def _scaled(cap: int, scale: float) -> int:
    return math.ceil(cap * scale - 1e-9)


def world_rows(per_generator: int, sources: Sources) -> RawRows:
    """Return the files and side tables of all origins: candidates for the scaled recipe, and a few more images."""
    choices = tomllib.loads(recipe(per_generator))
    samples = [line for line in lines_of(_PUBLISHED) if line]
    fakes = _fakes([sample for sample in samples if sample.partition("/")[0] not in _REAL], choices, sources)
    elsa = _elsa_parts(fakes)
    pairs = {pair for row in _derived(fakes, sources, elsa) for pair in row.pairs}
    needed = per_generator * len(choices["generators"])
    reals = _reals([sample for sample in samples if sample.partition("/")[0] in _REAL], needed)
    rows = lay_out(sorted({*fakes, *pairs, *reals}), sources, elsa)
    _add_ignored(rows)
    return rows


def _fakes(samples: Sequence[str], choices: Mapping[str, dict], sources: Sources) -> list[str]:
    """Number the samples of a section and generator until there are as many as the cap, and one more."""
    groups = defaultdict(list)
    for row in _derived(samples, sources, ELSA):
        groups[_section(row, choices["sections"]), row.generator].append(row.file_id)
    found = []
    for (section, generator), ids in sorted(groups.items()):
        caps = choices["caps"].get(section, {})
        cap = max(2, *caps.values()) if section.startswith("ELSA_D3") else caps.get(generator, 0)
        found += [_numbered(ids[at % len(ids)], at // len(ids)) for at in range(max(cap + 1, len(ids)))]
    return found


def _section(row: _Derived, sections: Mapping[str, dict]) -> str:
    for name, section in sections.items():
        if row.origin in section["origins"] and re.search(section.get("file_id", ""), row.file_id):
            return name
    return row.origin


def _numbered(file_id: str, more: int) -> str:
    """Add ``more`` to the last number of a file_id; rows of ELSA_D3 are counted from 0."""
    if file_id.startswith("ELSA_D3"):
        return re.sub(r"row\d+", f"row{more}", file_id)
    return _NUMBER.sub(lambda number: f"{int(number[0]) + more:0{len(number[0])}}", file_id)


def _elsa_parts(fakes: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return files and rows per file of ELSA_D3, whose rows are numbered over all files of a split."""
    train, validation = (len({one for one in fakes if re.fullmatch(f"ELSA_D3/{split}/.*gen0", one)})
                         for split in ("train", "validation"))  # fmt: skip
    each = train * 2 // 5
    return {"train": (2, each), "val": (1, train - 2 * each), "validation": (1, validation)}


def _reals(samples: Sequence[str], needed: int) -> list[str]:
    by_origin = defaultdict(list)
    for sample in samples:
        by_origin[sample.partition("/")[0]].append(sample)
    return [
        _numbered(ids[at % len(ids)], at // len(ids))
        for origin, ids in by_origin.items()
        for at in range(math.ceil(needed * _REAL_PER_FAKE[origin]))
    ]


def _derived(ids: Iterable[str], sources: Sources, elsa: Mapping[str, tuple[int, int]]) -> list[_Derived]:
    with (
        tempfile.TemporaryDirectory() as folder,
        store.open_for_writing(Path(folder) / "manifest.duckdb") as manifest,
    ):
        lay_out(ids, sources, elsa).write(manifest)
        derive(manifest, list(sources.values()))
        query = "select file_id, origin, generator, paired_real_images from attributes order by file_id"
        return [_Derived(*row) for row in manifest.execute(query)]


def _add_ignored(rows: RawRows) -> None:
    """Add a real image beside each fake where the archives have them; declarations ignore these."""
    keys = {container["container_id"]: source for (source, _), container in rows.containers.items()}
    for member in list(rows.members):
        name = f"{member['path']}!{member['name']}"
        source = keys[member["container_id"]]
        if source == "genimage":
            rows.add(source, [re.sub(r"/ai/(.+)\.\w+$", r"/nature/\1.JPEG", name)])
        elif source == "forensynths":
            rows.add(source, [name.replace("/1_fake/", "/0_real/")])
