"""GenImage, Synthbuster and COCO 2017 in small: their folders, archives, names and side files as published."""

import csv
import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from demo.photographs import Photograph, crop, encoded, tinted
from demo.split_zip import write_split_zip, write_zip

Photographs = dict[Photograph, Image.Image]

_FAKES_A_GENERATOR = 24
_VOLUME_SIZE = 4_000_000

# Folder, archive, name of a generated image, pixels; names as in the published archives.
_GENIMAGE = (
    ("ADM", "imagenet_ai_0508_adm", "{number}_adm_{index}.PNG", 256),
    ("BigGAN", "imagenet_ai_0419_biggan", "{number}_biggan_{index:05}.png", 128),
    ("Midjourney", "imagenet_midjourney", "{number}_midjourney_{index}.png", 512),
    ("stable_diffusion_v_1_4", "imagenet_ai_0419_sdv4", "{number:03}_sdv4_{index:05}.png", 512),
)
_SYNTHBUSTER = ("dalle2", "dalle3", "firefly", "glide", "midjourney-v5", "stable-diffusion-1-3",
                "stable-diffusion-1-4", "stable-diffusion-2", "stable-diffusion-xl")  # fmt: skip


def make_genimage(root: Path, photographs: Photographs) -> None:
    """Write one folder with one zip per generator; Stable Diffusion 1.4 is split, as all of GenImage is."""
    for folder, archive, name, pixels in _GENIMAGE:
        (root / folder).mkdir(parents=True)
        members = dict(_genimage_members(archive, name, pixels, photographs))
        if folder == "stable_diffusion_v_1_4":
            write_split_zip(root / folder / f"{archive}.zip", members, _VOLUME_SIZE)
        else:
            write_zip(root / folder / f"{archive}.zip", members)


def _genimage_members(archive: str, name: str, pixels: int, photographs: Photographs) -> Iterator[tuple[str, bytes]]:
    size = (pixels, pixels)
    for index, (photograph, image) in enumerate(_in_turn(photographs, _FAKES_A_GENERATOR)):
        split = "val" if index >= _FAKES_A_GENERATOR * 3 // 4 else "train"
        fake = tinted(crop(image, size, f"{archive}/{index}"), archive)
        yield f"{archive}/{split}/ai/{name.format(number=photograph.number, index=index)}", encoded(fake, "PNG")
    for index, (photograph, image) in enumerate(_in_turn(photographs, len(photographs))):
        real = encoded(crop(image, (400, 300), f"nature/{index}"), "JPEG")
        yield f"{archive}/train/nature/{photograph.wnid}_{10_000 + index}.JPEG", real


def make_synthbuster(root: Path, photographs: Photographs) -> None:
    """Write one zip with one folder per generator and prompts.csv; each prompt belongs to nine images."""
    prompts = io.StringIO(newline="")
    table = csv.writer(prompts)
    table.writerow(["image name (matching Raise-1k)", "Prompt", "Midjourney aspect ratio"])
    members = {}
    for index, (photograph, image) in enumerate(photographs.items()):
        name = f"r{index:03x}da5{index:02x}t"
        table.writerow([name, photograph.captions[index % 2], "4:3"])
        for folder in _SYNTHBUSTER:
            fake = tinted(crop(image, (400, 304), f"{folder}/{name}"), folder)
            members[f"synthbuster/{folder}/{name}.png"] = encoded(fake, "PNG")
    root.mkdir(parents=True)
    write_zip(root / "synthbuster.zip", {"synthbuster/prompts.csv": prompts.getvalue().encode(), **members})


def make_coco(root: Path, photographs: Photographs) -> None:
    """Write train2017.zip, val2017.zip and the captions of both in annotations_trainval2017.zip."""
    root.mkdir(parents=True)
    annotations = {}
    for split, first, count in (("train2017", 9, 96), ("val2017", 139, 24)):
        members, captions = _coco_split(split, first, count, photographs)
        write_zip(root / f"{split}.zip", members)
        annotations[f"annotations/captions_{split}.json"] = json.dumps(captions).encode()
    write_zip(root / "annotations_trainval2017.zip", annotations)


def _coco_split(
    split: str, first: int, count: int, photographs: Photographs
) -> tuple[dict[str, bytes], dict[str, object]]:
    members, images, captions = {}, [], []
    for index, (photograph, image) in enumerate(_in_turn(photographs, count)):
        number = first + 7 * index
        picture = crop(image, (420, 315) if index % 3 else (315, 420), f"{split}/{index}")
        stored = picture.convert("L") if index % 20 == 19 else picture  # a few grey ones, as COCO has
        members[f"{split}/{number:012}.jpg"] = encoded(stored, "JPEG")
        images.append(
            {"id": number, "file_name": f"{number:012}.jpg", "width": picture.width, "height": picture.height}
        )
        captions += [
            {"id": 10 * number + place, "image_id": number, "caption": caption}
            for place, caption in enumerate(photograph.captions)
        ]
    return members, {"info": {"description": "COCO 2017 in small"}, "images": images, "annotations": captions}


def _in_turn(photographs: Photographs, count: int) -> Iterator[tuple[Photograph, Image.Image]]:
    return itertools.islice(itertools.cycle(photographs.items()), count)
