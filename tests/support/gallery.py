"""A small gallery on disk with its manifest: real image files, a selection, a duplicate, a pair, hostile names."""

import dataclasses
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image, ImageDraw

from indexer import images
from indexer.containers.models import MEMBER_SCHEMA
from indexer.manifest import store
from indexer.manifest.store import Store

SOURCE = "coco"  # any source that is declared: its folder is where the program looks
HOSTILE = "<script>document.title='in'</script>\u202egnp.\x1b[31m\"'&amp;=1+1"


@dataclass(frozen=True, slots=True)
class Item:
    """One image: its path and the attributes of a declaration."""

    path: str
    data: bytes
    generator: str
    origin: str
    split: str
    prompt: str = ""
    pairs: list[str] = field(default_factory=list)

    @property
    def file_id(self) -> str:
        """The path without its suffix."""
        return self.path.rsplit(".", 1)[0]


def picture(seed: str, size: tuple[int, int], form: str, mode: str = "RGB", **options: Any) -> bytes:
    """A few coloured shapes on a gradient; equal arguments give equal bytes."""
    chance = random.Random(seed)
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        colour = tuple(chance.randrange(256) for _ in range(3))
        draw.ellipse((x, y, x + size[0] // 3, y + size[1] // 3), fill=colour)
    packed = io.BytesIO()
    image.convert(mode).save(packed, form, **options)
    return packed.getvalue()


def items() -> Iterator[Item]:
    """Photographs of two origins and fakes of three generators; one leak, one pair each, one hostile name."""
    for n in range(8):
        split = "train" if n < 6 else "validation"
        yield Item(
            f"COCO/{n}.jpg", picture(f"coco{n}", (320, 240), "JPEG", quality=90 + n), "", "COCO2017_train", split
        )
        raise_photo = picture(f"raise{n}", (400, 300), "JPEG", quality=98)
        yield Item(f"RAISE/{n}.jpg", raise_photo, "", "RAISE", split, "a <b>bold</b> prompt")
        fake = picture(f"sd{n}", (256, 256), "PNG")
        yield Item(f"SD/{n}.png", fake, "Stable Diffusion 1.4", "DRCT-2M", split, "a red fox", [f"COCO/{n}"])
        same = picture("leak" if n in (0, 7) else f"gan{n}", (128, 128), "JPEG", quality=75)
        yield Item(f"GAN/{n}.jpg", same, "BigGAN", "GenImage/train", split)
    yield Item("evil/" + HOSTILE.replace("/", "_") + ".png", picture("evil", (64, 96), "PNG"), HOSTILE, "evil", "train")
    yield Item("SD/broken.png", b"\x89PNG\r\n\x1a\n not really", "Stable Diffusion 1.4", "DRCT-2M", "train")


def made(folder: Path) -> Path:
    """Write the images below ``folder/coco`` and the manifest next to it; return the path of the manifest."""
    manifest = folder / "manifest.duckdb"
    with store.open_for_writing(manifest) as opened:
        for member_id, item in enumerate(items(), start=1):
            file = folder / SOURCE / item.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(item.data)
            _record(opened, member_id, item, file.stat().st_mtime_ns)
        _select(opened)
    return manifest


def _record(opened: Store, member_id: int, item: Item, mtime_ns: int) -> None:
    ids = {"member_id": member_id, "container_id": 1}
    place = {"ordinal": member_id, "path": item.path, "access": "file", "mtime_ns": mtime_ns}
    known = dict.fromkeys(MEMBER_SCHEMA.names) | place | {"size": len(item.data), "packed_size": len(item.data)}
    opened.insert("member", pa.Table.from_pylist([ids | known]))
    facts = dataclasses.asdict(images.inspect(item.data)) | {"member_id": member_id}
    opened.insert("inspection", pa.Table.from_pylist([facts], images.INSPECTION_SCHEMA))
    attributes = {
        "member_id": member_id, "source": SOURCE, "file_id": item.file_id, "origin": item.origin,
        "generator": item.generator, "label": int(item.generator != ""), "description": "",
        "positive_prompt": item.prompt, "negative_prompt": "", "conditioning": "",
        "paired_real_images": item.pairs, "status": "ok", "reason": None,
    }  # fmt: skip
    names, values = ", ".join(attributes), ", ".join(f"${name}" for name in attributes)
    opened.execute(f"insert into attributes ({names}) values ({values})", attributes)


def _select(opened: Store) -> None:
    splits = {item.file_id: item.split for item in items()}
    opened.insert("selection", pa.Table.from_pylist([_chosen(*one) for one in enumerate(sorted(splits.items()))]))
    opened.execute(
        "insert into selection_run (name, recipe, recipe_hash, seed) values ('small', 'recipe', 'feed', 'seed')"
    )
    opened.execute("insert into selection_excluded values ('small', 'SD/99', 'deduplicate', 'same bytes as SD/1')")
    opened.execute("insert into source_info values ('coco', 'Gallery', 'CC0 for tests', '', '')")
    opened.execute(
        "insert into container by name select 1 as container_id, 'coco' as source, '' as path, 'folder' as kind,"
        " [{path: '', size: 0, mtime_ns: 0}] as volumes, 0 as size, '' as fingerprint, 'partial' as status,"
        " 'one folder could not be read' as reason, 34 as listed"
    )


def _chosen(position: int, chosen: tuple[str, str]) -> dict[str, Any]:
    file_id, split = chosen
    other = "SD/77" if file_id == "SD/3" else None
    return {
        "name": "small", "split": split, "position": position, "file_id": file_id, "role": "sampled",
        "stratum": "", "substituted_for": other,
    }  # fmt: skip
