"""The log of a download: items and what became of each, in SQLite beside the shards.

SQLite, not the manifest's DuckDB: it takes a small durable commit a batch for days, and a kill at any moment leaves the
last commit. One writer, held by the folder's lock; anybody may read meanwhile.
"""

import csv
import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from indexer.base import resources
from indexer.base.errors import OutputError
from indexer.fetching.models import SHARD_ITEMS, FetchOutcome, FetchTally, Item, shard_name
from indexer.fetching.samples import Sample

VERSION = 1
FILE = "fetch-log.sqlite"
TABLE = "fetch-log.csv"

_PAGE = 2_000  # items that are read at a time


class Log:
    """The log of the folder ``folder``; every method's SQL is ``sql/fetch/<name>.sql``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            held.callback(os.close, _lock(folder))
            self._database = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
            held.callback(self._database.close)
            self._database.executescript(resources.sql("fetch/schema"))
            self._held = held.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def is_made_by(self, recipe: Mapping[str, object]) -> bool:
        """Whether the log holds the items of this recipe already; False: it holds none.

        Raises:
            OutputError: the folder was made from another list, recipe or format, or by another version.
        """
        before = self._rows("made_by")
        if before and json.loads(before[0][0]) != (now := _made_by(recipe)):
            raise OutputError(_explain(self.folder, json.loads(before[0][0]), now))
        return bool(before)

    def begin(self, items: Iterable[Item], recipe: Mapping[str, object]) -> None:
        """Take the items of a list."""
        with self.transaction():
            rows = ((each.part, each.key, each.url, json.dumps(each.record)) for each in items)
            self._database.executemany("insert into item values (?, ?, ?, ?)", rows)
            self._database.execute("insert into made_by values (?)", [json.dumps(_made_by(recipe))])

    def pending(self, *, failed_too: bool) -> Iterator[Item]:
        """Items without an outcome, and with ``failed_too`` those that failed; by part and key."""
        place: dict[str, Any] = {"part": "", "key": -1, "failed_too": failed_too, "page": _PAGE}
        while page := self._rows("pending", place):
            for part, key, url, record in page:
                yield Item(part, key, url, json.loads(record))
            place |= {"part": page[-1][0], "key": page[-1][1]}

    def count_pending(self, *, failed_too: bool) -> int:
        """How many items :meth:`pending` yields."""
        return int(self._rows("count_pending", {"failed_too": failed_too})[0][0])

    def stored(self, part: str, shard: str) -> list[tuple[int, str, int]]:
        """Key, type and bytes of every item of a shard that was stored."""
        return self._rows("stored", {"part": part, **_keys(shard)})

    def shards(self, part: str) -> set[str]:
        """The shards of a part of which something was stored."""
        return {shard_name(number) for (number,) in self._rows("shards", {"part": part, "items": SHARD_ITEMS})}

    def lengths(self) -> list[tuple[str, str, int]]:
        """Part, shard and committed bytes of every tar shard."""
        return self._rows("lengths")

    def parts(self) -> list[str]:
        """The folders below the target that items belong to."""
        return [part for (part,) in self._rows("parts")]

    def forget(self, lost: Iterable[tuple[str, int]]) -> None:
        """Drop the outcomes of items whose bytes are gone from the disk, so that they are pending again."""
        with self.transaction():
            self._database.executemany("delete from log where part = ? and key = ?", lost)

    def forget_shard(self, part: str, shard: str) -> int:
        """Drop a tar shard that is gone or shorter than it was; returns the items that were stored in it."""
        with self.transaction():
            lost = self.stored(part, shard)
            self._database.execute("delete from shard where part = ? and shard = ?", [part, shard])
            self._database.executemany(
                "delete from log where part = ? and key = ?", ((part, key) for key, _, _ in lost)
            )
        return len(lost)

    def record_stored(self, stored: Iterable[Sample]) -> None:
        """Say which items lie on disk, with the hash and size of their bytes."""
        self._record((each.outcome, "success", each.digest, each.body.size) for each in stored)

    def record_failed(self, failed: Iterable[FetchOutcome]) -> None:
        """Say which items could not be had, and why."""
        self._record((each, "failed", None, None) for each in failed)

    def _record(self, ended: Iterable[tuple[FetchOutcome, str, str | None, int | None]]) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [
            (each.item.part, each.item.key, status, each.error, each.detail or None, each.http_status,
             digest, size, each.type, each.attempts, now)
            for each, status, digest, size in ended
        ]  # fmt: skip
        self._database.executemany("insert or replace into log values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def record_length(self, part: str, shard: str, length: int) -> None:
        """Say how many bytes of a tar shard are on disk for good."""
        self._database.execute("insert or replace into shard values (?, ?, ?)", [part, shard, length])

    def transaction(self) -> "_Transaction":
        """All inside is committed together, or not at all."""
        return _Transaction(self._database)

    def tallies(self) -> list[FetchTally]:
        """How many items ended how."""
        return [FetchTally(*row) for row in self._rows("tallies")]

    def write_table(self) -> Path:
        """The log as CSV, in the order of the list, for people and other programs."""
        path = self.folder / TABLE
        cursor = self._database.execute(resources.sql("fetch/table"))
        temporary = path.with_suffix(".csv.tmp")
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([column[0] for column in cursor.description])
            writer.writerows(cursor)
            file.flush()
            os.fsync(file.fileno())
        return temporary.rename(path)

    def _rows(self, step: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        return self._database.execute(resources.sql(f"fetch/{step}"), parameters or {}).fetchall()


class _Transaction:
    """``begin`` and ``commit`` around a block, ``rollback`` if either fails."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.execute("begin immediate")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.execute("commit")
        finally:
            if self._database.in_transaction:  # on a full disk SQLite may have rolled back by itself
                self._database.execute("rollback")


def _keys(shard: str) -> Mapping[str, int]:
    """The keys of a shard's items."""
    return {"first": int(shard) * SHARD_ITEMS, "last": (int(shard) + 1) * SHARD_ITEMS - 1}


def _made_by(recipe: Mapping[str, object]) -> Mapping[str, object]:
    return {**recipe, "version": VERSION}


def _lock(folder: Path) -> int:
    """Hold the folder for this process; the kernel lets go of it when the process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OutputError(
            f"{folder} is being filled by another fetch: wait for it to end, or name another --to"
        ) from None
    return descriptor


def _explain(folder: Path, before: Mapping[str, object], now: Mapping[str, object]) -> str:
    differ = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
    return f"{folder} was filled with another {', '.join(differ)}: name another folder with --to, or use the same again"
