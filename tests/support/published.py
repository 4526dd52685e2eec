"""The file and the side rows that a published file_id was derived from, for each origin.

Raw rows as a scan would write them; there are no files.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from indexer.declarations.models import SideTable, Source
from tests.support.raw_rows import RawRows

# Files and rows per file of ELSA_D3's Parquet files, close to the real ones: 2,300,000, 6,629 and 4,800 rows in all.
ELSA = {"train": (10, 230_000), "val": (15, 442), "validation": (11, 437)}
_SIDES = dict[tuple[str, str, str], list[Mapping[str, object]]]


class World:
    """Files and side rows, collected."""

    def __init__(self, sources: Mapping[str, Source], elsa: Mapping[str, tuple[int, int]]) -> None:
        self.raw = RawRows()
        self.elsa = elsa
        self.tables: dict[tuple[str, str], SideTable] = {
            (side.source, side.name): side for source in sources.values() for side in source.tables
        }
        self.sides: _SIDES = {}
        self.elsa_rows: set[tuple[str, int]] = set()
        for part, (files, rows) in elsa.items():
            self.raw.add("elsa_d3", (f"{self.elsa_file(part, index)} = {rows}" for index in range(files)))

    def elsa_file(self, part: str, index: int) -> str:
        return f"data/{part}-{index:05}-of-{self.elsa[part][0]:05}-0a1b2c.parquet"

    def file(self, source: str, line: str) -> None:
        self.raw.add(source, [line])

    def row(self, source: str, table: str, path: str, record: Mapping[str, object]) -> int:
        """Add a row to a side file; return its number."""
        rows = self.sides.setdefault((source, table, path), [])
        rows.append(record)
        return len(rows) - 1

    def finish(self) -> RawRows:
        for (source, table, path), records in self.sides.items():
            self.raw.add_records(self.tables[source, table], path, records)
        return self.raw


def lay_out(ids: Iterable[str], sources: Mapping[str, Source], elsa: Mapping[str, tuple[int, int]] = ELSA) -> RawRows:
    """Return files and side rows for every one of ``ids``; ``elsa`` has the parts of ELSA_D3."""
    world = World(sources, elsa)
    for file_id in ids:
        origin, _, rest = file_id.partition("/")
        _LAYOUTS[origin](world, rest, rest.split("/"))
    return world.finish()


def _number(text: str) -> int:
    """Return a stable name for a part of a path that is not in the file_id."""
    return zlib.crc32(text.encode())


def _caption(world: World, subset: str, image: int, caption: int) -> None:
    record = {"id": caption, "image_id": image, "caption": f"caption {caption}"}
    world.row("coco", "captions", f"annotations/captions_{subset}2017.json", record)


def _aeroblade(world: World, rest: str, parts: Sequence[str]) -> None:
    world.file("aeroblade", f"aeroblade.zip!data/raw/generated/{rest}.png")
    table, file = (
        ("openai", "ViT-L-14-openai") if parts[0].endswith("openai") else ("laion2b", "ViT-H-14-laion2b_s32b_b79k")
    )
    world.row("aeroblade", table, f"data/raw/prompts/{file}.csv", {"image_id": parts[1], "prompt": "a"})


def _artifact(world: World, rest: str, parts: Sequence[str]) -> None:
    world.file("artifact", f"artifact-dataset.zip!{rest}.jpg")
    below = "/".join(parts[1:])
    world.row(
        "artifact",
        "metadata",
        f"artifact-dataset/{parts[0]}/metadata.csv",
        {"image_path": f"{below}.jpg", "target": "6"},
    )


def _ddmd(world: World, rest: str, parts: Sequence[str]) -> None:
    world.file("tddmd", f"test.zip!{rest}.png")


def _dmid(world: World, rest: str, parts: Sequence[str]) -> None:
    split, folder, name = parts
    if split == "test":
        world.file("dmid_testset", f"TestSet.zip!TestSet/{folder}/{name}.png")
    else:
        top = "latent_diffusion_trainingset"
        world.file("dmid_trainingset", f"{top}.zip!{top}/{rest}.png")
    digits = name.rpartition("_")[2].removeprefix("ann").removeprefix("img")
    if name.startswith("ann") or "text2img" in name:
        _caption(world, "val" if split == "test" else "train", _number(name), int(digits))
    elif name.startswith("img"):
        _caption(world, "val", int(digits), _number(name))


def _drct(world: World, rest: str, parts: Sequence[str]) -> None:
    world.file("drct", f"images/{parts[0]}.zip!{rest}.jpg")
    _caption(world, parts[1].removesuffix("2017"), int(parts[2]), _number(rest))


def _elsa(world: World, rest: str, parts: Sequence[str]) -> None:
    split, row, column = parts
    part, number = split, int(row.removeprefix("row"))
    files, rows = world.elsa["train"]
    if split == "train" and number >= files * rows:
        part, number = "val", number - files * rows
    file = world.elsa_file(part, number // world.elsa[part][1])
    line = number % world.elsa[part][1]
    world.file("elsa_d3", f"{file}!{line}/{column}")
    record = {"id": str(number), "original_prompt": "o", "positive_prompt": "p", "negative_prompt": None}
    if (file, line) not in world.elsa_rows:  # a row has four images
        world.elsa_rows.add((file, line))
        world.raw.add_record(world.tables["elsa_d3", "rows"], file, line, record)


def _forensynths(world: World, rest: str, parts: Sequence[str]) -> None:
    if parts[0] == "progan_train":
        world.file("forensynths", f"progan_train.7z.007!progan_train.zip!{'/'.join(parts[1:])}.png")
    elif parts[0] == "progan_valid":
        world.file("forensynths", f"progan_val.zip!{'/'.join(parts[1:])}.png")
    else:
        world.file("forensynths", f"CNN_synth_testset.zip!{'/'.join(parts[1:])}.png")


_GENIMAGE = {
    "ADM": "ADM/imagenet_ai_0508_adm",
    "Glide": "glide/imagenet_glide",
    "Midjourney": "Midjourney/imagenet_midjourney",
    "Stable Diffusion 1.4": "stable_diffusion_v_1_4/imagenet_ai_0419_sdv4",
    "Stable Diffusion 1.5": "stable_diffusion_v_1_5/imagenet_ai_0424_sdv5",
    "VQ-Diffusion": "VQDM/imagenet_ai_0419_vqdm",
    "Wukong": "wukong/imagenet_ai_0424_wukong",
}


def _genimage(world: World, rest: str, parts: Sequence[str]) -> None:
    archive = _GENIMAGE[parts[0]]
    suffix = "PNG" if parts[0] == "ADM" else "png"
    world.file("genimage", f"{archive}.zip!{archive.partition('/')[2]}/{'/'.join(parts[1:])}.{suffix}")


def _imaginet(world: World, rest: str, parts: Sequence[str]) -> None:
    suffix = "webp" if parts[0].endswith("_fake") else "jpg" if parts[0] == "journeydb" else "png"
    world.file("imaginet", f"data/imaginet.7z.004!{rest}.{suffix}")


def _polardiffshield(world: World, rest: str, parts: Sequence[str]) -> None:
    path = f"{parts[0]}/{parts[1][:5]}/{parts[1]}"
    world.file("polardiffshield", f"{path}.png")
    record = {"prompt": "a", "md ver": 5.0, "ff modelVersion": "1", "sd 1.x model": "1-4"}
    world.row("polardiffshield", "sidecar", f"{path}.json", record)


def _sfhq(world: World, rest: str, parts: Sequence[str]) -> None:
    world.file("sfhq-t2i", f"sfhq.zip!images/images/{rest}.jpg")
    world.row("sfhq-t2i", "prompts", "SFHQ_T2I_dataset.csv", {"image_filename": f"{rest}.jpg", "text_prompt": "a"})


def _synthbuster(world: World, rest: str, parts: Sequence[str]) -> None:
    world.file("synthbuster", f"synthbuster.zip!synthbuster/{rest}.png")
    world.row(
        "synthbuster", "prompts", "synthbuster/prompts.csv", {"image name (matching Raise-1k)": parts[1], "Prompt": "a"}
    )


def _coco(subset: str) -> Callable[[World, str, Sequence[str]], None]:
    def lay(world: World, rest: str, parts: Sequence[str]) -> None:
        world.file("coco", f"{subset}2017.zip!{subset}2017/{int(rest):012}.jpg")
        _caption(world, subset, int(rest), _number(rest))

    return lay


def _laion(world: World, rest: str, parts: Sequence[str]) -> None:
    source, file = "laion400m_elsad3_real_train", "data-00000-of-00001.arrow"
    line = world.row(source, "rows", file, {"file_id": f"LAION-400M/{rest}", "description": "a"})
    world.file(source, f"{file}!{line}/image")


def _raise(world: World, rest: str, parts: Sequence[str]) -> None:
    name = f"{_number(rest) % 10**8:08}"
    path = f"{name[:5]}/{name}"
    world.file("raise", f"{path}.png")
    world.row("raise", "sidecar", f"{path}.json", {"url": f"http://193.205.194.113/RAISE/TIFF/{rest}.TIF", "key": name})


def _imagenet_train(world: World, rest: str, parts: Sequence[str]) -> None:
    world.file("imagenet", f"ILSVRC2012_img_train.tar!{parts[0]}.tar!{parts[1]}.JPEG")


def _imagenet_val(world: World, rest: str, parts: Sequence[str]) -> None:
    world.file("imagenet", f"ILSVRC2012_img_val.tar!{rest}.JPEG")


_LAYOUTS: dict[str, Callable[[World, str, Sequence[str]], None]] = {
    "Aeroblade": _aeroblade,
    "Artifact": _artifact,
    "COCO2017_train": _coco("train"),
    "COCO2017_val": _coco("val"),
    "DDMD": _ddmd,
    "DMimageDetection": _dmid,
    "DRCT": _drct,
    "ELSA_D3": _elsa,
    "Forensynths": _forensynths,
    "GenImage": _genimage,
    "ILSVRC2012_train": _imagenet_train,
    "ILSVRC2012_val": _imagenet_val,
    "Imaginet": _imaginet,
    "LAION-400M": _laion,
    "Polardiffshield": _polardiffshield,
    "RAISE": _raise,
    "SFHQ-T2I": _sfhq,
    "Synthbuster": _synthbuster,
}
