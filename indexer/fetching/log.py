"""The log of a download: items and their outcomes, in an SQLite file next to the shards.

SQLite, not DuckDB: a download commits a small batch every half second for days, and a kill keeps the last commit.
The lock of the folder allows one writer; any number of readers may open the file at the same time.
"""

import codecs
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
from indexer.base.durable import replacing
from indexer.base.errors import OutputError
from indexer.fetching.models import SHARD_ITEMS, FetchOutcome, FetchTally, Item, shard_name
from indexer.fetching.samples import Sample

VERSION = 1
FILE = "fetch-log.sqlite"
TABLE = "fetch-log.csv"

_PAGE = 2_000  # items per query


class Log:
    """The log of ``folder``; the query of each method is ``sql/fetch/<name>.sql``."""

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

    def has_items_of(self, inputs: Mapping[str, object]) -> bool:
        """Return whether the log has the items of these inputs already; False: it has no items.

        Raises:
            OutputError: the folder was filled from another list, columns or layout, or by another version.
        """
        now: Mapping[str, object] = {**inputs, "version": VERSION}
        for (text,) in self._rows("made_by"):
            before = json.loads(text)
            if before != now:
                differ = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
                raise OutputError(
                    f"{self.folder} was filled with another {', '.join(differ)}."
                    " Name another folder with --to, or use the same list and options again."
                )
            return True
        return False

    def begin(self, items: Iterable[Item], inputs: Mapping[str, object]) -> None:
        """Insert the items of a list, and the inputs that they were made from."""
        with self.transaction():
            rows = ((each.part, each.key, each.url, json.dumps(each.record)) for each in items)
            self._database.executemany("insert into item values (?, ?, ?, ?)", rows)
            self._database.execute("insert into made_by values (?)", [json.dumps({**inputs, "version": VERSION})])

    def pending(self, *, failed_too: bool, after: tuple[str, int] = ("", -1), host: str = "") -> Iterator[Item]:
        """Yield items without an outcome, and with ``failed_too`` those that failed, by part and key.

        Only items after the one of part and key ``after``, and whose URL contains ``host``.
        """
        given: dict[str, Any] = {"failed_too": failed_too, "host": host, "page": _PAGE}
        while page := self._rows("pending", {**given, "part": after[0], "key": after[1]}):
            for part, key, url, record in page:
                yield Item(part, key, url, json.loads(record))
            after = page[-1][:2]

    def count_pending(self, *, failed_too: bool) -> int:
        """Return the number of items that :meth:`pending` yields."""
        return int(self._rows("count_pending", {"failed_too": failed_too})[0][0])

    def stored(self, part: str, shard: str) -> list[tuple[int, str, int]]:
        """Return key, type and bytes of each stored item of a shard."""
        first = int(shard) * SHARD_ITEMS
        return self._rows("stored", {"part": part, "first": first, "last": first + SHARD_ITEMS - 1})

    def shards(self, part: str) -> set[str]:
        """Return the shards of a part with at least one stored item."""
        return {shard_name(number) for (number,) in self._rows("shards", {"part": part, "items": SHARD_ITEMS})}

    def lengths(self) -> list[tuple[str, str, int]]:
        """Return part, shard and committed bytes of each tar shard."""
        return self._rows("lengths")

    def parts(self) -> list[str]:
        """Return the folders below the target that items belong to."""
        return [part for (part,) in self._rows("parts")]

    def forget(self, lost: Iterable[tuple[str, int]]) -> None:
        """Delete the outcomes of items whose bytes are missing on disk, so that they are pending again."""
        with self.transaction():
            self._forget(lost)

    def forget_shard(self, part: str, shard: str) -> int:
        """Delete the outcomes of a tar shard that is missing or too short; return the number of its items."""
        with self.transaction():
            lost = self.stored(part, shard)
            self._database.execute("delete from shard where part = ? and shard = ?", [part, shard])
            self._forget((part, key) for key, _, _ in lost)
        return len(lost)

    def _forget(self, lost: Iterable[tuple[str, int]]) -> None:
        self._database.executemany("delete from log where part = ? and key = ?", lost)

    def record_stored(self, stored: Iterable[Sample]) -> None:
        """Record the items on disk, with the hash and size of their bytes."""
        self._record((each.outcome, "success", each.digest, each.body.size) for each in stored)

    def record_failed(self, failed: Iterable[FetchOutcome]) -> None:
        """Record the items that failed, and the reasons."""
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
        """Record the number of durable bytes of a tar shard."""
        self._database.execute("insert or replace into shard values (?, ?, ?)", [part, shard, length])

    def transaction(self) -> "_Transaction":
        """Return a context whose statements are committed together or not at all."""
        return _Transaction(self._database)

    def tallies(self) -> list[FetchTally]:
        """Return the number of items per outcome."""
        return [FetchTally(*row) for row in self._rows("tallies")]

    def write_table(self) -> Path:
        """Write the log as CSV, in the order of the list, and return its path."""
        path = self.folder / TABLE
        cursor = self._database.execute(resources.sql("fetch/table"))
        with replacing(path) as file:
            writer = csv.writer(codecs.getwriter("utf-8")(file))
            writer.writerow([column[0] for column in cursor.description])
            writer.writerows(cursor)
        return path

    def _rows(self, step: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        return self._database.execute(resources.sql(f"fetch/{step}"), parameters or {}).fetchall()


class _Transaction:
    """Run ``begin`` and ``commit`` around a block, ``rollback`` if either fails."""

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


def _lock(folder: Path) -> int:
    """Lock the folder; the kernel releases the lock when this process ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OutputError(
            f"{folder} is in use by another fetch. Wait until it has ended, or name another folder with --to."
        ) from None
    return descriptor
