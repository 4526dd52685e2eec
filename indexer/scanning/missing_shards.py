"""Find shards that are missing by their names: `train-00002-of-00005.parquet`, `data_1of4.tar.gz`."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from indexer.containers.models import Finding

_SHARD = re.compile(
    r"(?P<base>.*?)(?P<number>\d{1,6})(?P<of>[ ._-]?of[ ._-]?)(?P<total>\d{1,6})(?P<rest>(?:\D.*)?)", re.I
)
_PADDED = 5  # digits: numbers of that width count from 0
_NAMED = 5  # of the missing shards


def missing_shards(paths: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each set of files whose names state how many they are, if some are missing."""
    sets: dict[tuple[str, ...], dict[int, str]] = defaultdict(dict)
    for path in paths:
        folder, _, name = path.rpartition("/")
        if found := _SHARD.fullmatch(name):
            key = (folder, found["base"], found["of"], found["total"], found["rest"])
            sets[key][int(found["number"])] = found["number"]
    for (folder, base, of, total, rest), numbers in sorted(sets.items()):
        width = max(map(len, numbers.values()))
        if missing := _missing(set(numbers), int(total), is_padded=width >= _PADDED):
            names = [f"{base}{number:0{width}}{of}{total}{rest}" for number in missing[:_NAMED]]
            more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
            where = f" in {folder}" if folder else ""
            yield Finding("shard-missing", f"{', '.join(names)}{more}: {len(missing):,} of {int(total):,} files{where}")


def _missing(numbers: set[int], total: int, *, is_padded: bool) -> list[int]:
    """Return the missing numbers; none if the numbers are not those of shards, which count from 0 or from 1."""
    first = 0 if 0 in numbers or (is_padded and total not in numbers) else 1
    expected = range(first, total + first)
    return sorted(set(expected) - numbers) if numbers <= set(expected) else []
