"""What a file's name promises. Kinds are decided by first bytes; names only say where looking is worth a read."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.models import Kind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IMAGES = _words("jpg jpeg jpe jfif png webp gif bmp dib tif tiff avif heic heif jp2 j2k jxl ppm pgm pbm pnm tga ico")
_TEXTS = _words("json jsonl ndjson csv tsv txt md xml yaml yml html htm log toml ini cfg py svg npy")
ORDINARY = IMAGES | _TEXTS

# Zips by their first bytes, documents and models by their use: never looked into.
DOCUMENTS = _words(
    "docx xlsx pptx odt ods odp epub jar apk npz pt pth ckpt bin safetensors kmz xpi keras mat pdf h5 hdf5"
)

ARCHIVES = {
    "zip": Kind.ZIP,
    "zipx": Kind.ZIP,
    "whl": Kind.ZIP,  # what Python packages are shipped in: pictures nobody here zipped
    "cbz": Kind.ZIP,
    "tar": Kind.TAR,
    "7z": Kind.SEVEN_ZIP,
    "parquet": Kind.PARQUET,
    "arrow": Kind.ARROW,
    "feather": Kind.ARROW,
} | dict.fromkeys(_words("rar cpio tgz tbz tbz2 txz tzst tlz gz bz2 xz zst lzma lz lz4 z"), Kind.STREAM)

_NESTED = rf"(?i)\.(?:{'|'.join(sorted(set(ARCHIVES) - {'parquet', 'arrow', 'feather', 'z'}))})$"


def suffix_of(name: str) -> str:
    """The last suffix in lower case, without its dot; '' where there is none."""
    base = name[max(name.rfind("/"), name.rfind("!")) + 1 :]
    return base.rpartition(".")[2].lower() if "." in base[1:] else ""


def promised_kind(name: str) -> Kind | None:
    """The kind that a name promises, or None."""
    return ARCHIVES.get(suffix_of(name))


def promises_bytes(name: str) -> bool:
    """Whether an empty file of this name must be damage: an image or an archive."""
    suffix = suffix_of(name)
    return suffix in IMAGES or suffix in ARCHIVES


def archive_names(names: pa.Array) -> pa.Array:
    """Which names inside an archive promise another archive."""
    return pc.match_substring_regex(names, _NESTED)


def promises_archive(name: str) -> bool:
    """The same for one name."""
    return re.search(_NESTED, name) is not None
