"""Sets of volumes, joined archives and odd names, as people have them: each has a fault or none."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from random import Random

# Names of parts by number, counted from 0.
_NAMES: tuple[Callable[[int, int], str], ...] = (
    lambda number, _: f"set.{{}}.{number + 1:03}",
    lambda number, _: f"set.{{}}.part{number + 1}",
    lambda number, _: f"set.{{}}.a{chr(97 + number)}",
    lambda number, _: f"set.{{}}-{chr(97 + number)}",
    lambda number, _: f"set.{{}}.{number:02x}",
    lambda number, count: f"set.{{}}.part{number + 1}of{count}",
    lambda number, _: f"set-{number:02}.{{}}",
    lambda number, count: f"set.{{}}-{number:05}-of-{count:05}",
    lambda number, _: f"set.{{}}.a{chr(97 + number)}.part",
)


def volumes_of(packed: bytes, suffix: str, chance: Random) -> dict[str, bytes]:
    """Return an archive cut into parts of random sizes, with one fault or none."""
    count = chance.randint(2, 14)
    cuts = sorted(chance.sample(range(1, len(packed)), count - 1))
    pieces = [packed[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(packed)], strict=True)]
    name = chance.choice(_NAMES)
    parts = {name(number, count).format(suffix): piece for number, piece in enumerate(pieces)}
    one, other = chance.sample(sorted(parts), 2)
    fault = chance.choice(("none", "none", "missing", "short", "swapped", "twice", "empty", "zeros", "pointer"))
    if fault == "missing":
        del parts[one]
    elif fault == "short":
        parts[one] = parts[one][: chance.randrange(len(parts[one]))]
    elif fault == "swapped":
        parts[one], parts[other] = parts[other], parts[one]
    elif fault in ("twice", "empty", "zeros"):
        parts[one] = {"twice": parts[other], "empty": b"", "zeros": bytes(len(parts[one]))}[fault]
    elif fault == "pointer":
        parts[one] = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 999\n" % (b"5" * 64)
    return parts


def joined(members: Mapping[str, bytes], chance: Random) -> bytes:
    """Return several zips of some of the members each, one after the other, with a prefix, a suffix or neither."""
    names = list(members)
    chance.shuffle(names)
    cuts = sorted(chance.sample(range(1, len(names)), chance.randint(0, 3)))
    groups = [names[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(names)], strict=True)]
    zips = [named_zip({name: members[name] for name in group}, chance) for group in groups]
    before = chance.choice((b"", b"", b"#!/bin/sh\n" * 9, chance.randbytes(3_000)))
    behind = chance.choice((b"", b"", bytes(5_000), bytes(100_000), b"\r\n"))
    return before + b"".join(zips) + behind


def named_zip(members: Mapping[str, bytes], chance: Random) -> bytes:
    """Return a zip with names as various programs write them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members.items():
            info = _Info("x")
            info.create_system = chance.choice((0, 3))
            info.filename, info.stored_name, info.extra = name, *_spelled(name, chance)
            info.compress_type = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            archive.writestr(info, data)
    return packed.getvalue()


class _Info(zipfile.ZipInfo):
    """A member whose name is stored as given, without the flag of UTF-8."""

    stored_name = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 (zipfile calls it)
        return self.stored_name, self.flag_bits & ~0x800


def _spelled(name: str, chance: Random) -> tuple[bytes, bytes]:
    """Return the stored name and the extra fields of a member."""
    odd = chance.choice(
        (name, f"./{name}", name.replace("/", "//"), name.replace("/", "\\"), f"x/../{name}", f"/{name}")
    )
    stored = odd.encode(chance.choice(("utf-8", "cp437", "gbk")), "replace")
    text = name.encode()
    checksum = zlib.crc32(stored) ^ chance.choice((0, 0, 1))
    field = struct.pack("<2HBL", 0x7075, 5 + len(text), 1, checksum) + text
    return stored, chance.choice((b"", field, field[: chance.randrange(len(field))]))
