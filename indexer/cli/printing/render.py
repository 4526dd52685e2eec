"""Format rows: a table for a person, or CSV, JSON, Parquet and Markdown for a program.

Names and prompts come from untrusted archives: no value may control the terminal or break a line.
"""

import csv
import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, Literal

import pyarrow as pa
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexer.base.arrow_values import python_values
from indexer.cli.printing.messages import CONTROL_CHARACTERS, printable

FRAME = 3  # characters per column besides its values
_WIDEST_NAME = 48
_PLAIN_WIDTH = 10_000  # without a terminal, rows are not wrapped


def plain(value: Any) -> Any:
    """Return a value that JSON can represent: bytes as hex, times and infinities as text, whole decimals as numbers."""
    match value:
        case bytes():
            return value.hex()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case dict():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case None | bool() | int() | str():
            return value
    return value if isinstance(value, float) and math.isfinite(value) else str(value)


def text_of(value: Any, null: str = "NULL") -> str:
    """Return a value as text; lists and structs as JSON."""
    value = plain(value)
    if value is None:
        return null
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def console() -> Console:
    """Return a console for standard output: coloured and wrapped in a terminal, plain elsewhere."""
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    return Console(width=width, highlight=False, emoji=False, markup=False)


def table_text(rows: pa.Table, title: str | None = None) -> str:
    """Return rows as a text table, with colours if standard output is a terminal."""
    shown = console()
    fits = table_width(rows) <= shown.width
    with shown.capture() as text:
        shown.print(table(rows if fits else _without_empty_columns(rows), title))
    return "\n".join(line.rstrip() for line in text.get().strip("\n").splitlines() if line.strip()) + "\n"


def table_width(rows: pa.Table) -> int:
    """Return the width of a table in which no value is wrapped."""
    frame: int = FRAME * rows.num_columns
    return sum(widths(rows)) + frame


def widths(rows: pa.Table) -> list[int]:
    """Return the width of each column, in terminal cells."""
    found = [cell_len(name) for name in rows.column_names]
    for record in records(rows.to_batches()):
        found = [max(width, cell_len(printable(text_of(value)))) for width, value in zip(found, record, strict=True)]
    return found


def _without_empty_columns(rows: pa.Table) -> pa.Table:
    """Return the first column, and those with a value other than NULL, an empty text and 0."""
    return rows.select([at for at in range(rows.num_columns) if at == 0 or any(rows.column(at).to_pylist())])


def table(rows: pa.Table, title: str | None = None) -> Table:
    """Return rows as a table with numbers aligned to the right."""
    found = list(records(rows.to_batches()))
    # The first column names the row and is not cut.
    name_width = min(max((len(text_of(record[0])) for record in found), default=0), _WIDEST_NAME)
    shown = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, header_style="bold cyan")
    for number, field in enumerate(rows.schema):
        justify: Literal["left", "right"] = "right" if _is_number(field.type) else "left"
        shown.add_column(Text(printable(field.name)), justify=justify, no_wrap=number == 0, overflow="fold",
                         min_width=name_width if number == 0 else None)  # fmt: skip
    for record in found:
        shown.add_row(*(_cell(value) for value in record))
    return shown


def markdown(rows: pa.Table) -> str:
    """Return rows as a Markdown table, as in dataset cards."""
    names = [_markdown_cell(field.name) for field in rows.schema]
    rules = ["---:" if _is_number(field.type) else "---" for field in rows.schema]
    lines = [names, rules, *([_markdown_cell(value) for value in record] for record in records(rows.to_batches()))]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def records(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[Any, ...]]:
    """Yield rows as tuples of Python values, with one batch in memory at a time."""
    for batch in batches:
        yield from zip(*map(python_values, batch.columns), strict=True)


def write_csv(schema: pa.Schema, batches: Iterable[pa.RecordBatch], out: BinaryIO) -> None:
    """Write rows as CSV with a header; lists and structs as JSON, NULL as an empty field."""
    guard = printable if out.isatty() else str
    with _text(out) as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([guard(name) for name in schema.names])
        for record in records(batches):
            writer.writerow([guard(text_of(value, null="")) for value in record])


def write_json(schema: pa.Schema, batches: Iterable[pa.RecordBatch], out: BinaryIO) -> None:
    """Write rows as a JSON list, one object per line."""
    with _text(out) as text:
        before = "[\n"
        for record in records(batches):
            row = {name: plain(value) for name, value in zip(schema.names, record, strict=True)}
            text.write(before + _json(row))
            before = ",\n"
        text.write("[]\n" if before == "[\n" else "\n]\n")


def write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], out: BinaryIO) -> None:
    """Write rows as a Parquet file."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - slow to load, and few tables are written

    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def write_markdown(schema: pa.Schema, batches: Iterable[pa.RecordBatch], out: BinaryIO) -> None:
    """Write rows as a Markdown table."""
    out.write(markdown(pa.Table.from_batches(batches, schema)).encode())


Writer = Callable[[pa.Schema, Iterable[pa.RecordBatch], BinaryIO], None]

# The formats that other programs read; `table` is for people and is shown by the command itself.
WRITERS: dict[str, Writer] = {
    "csv": write_csv,
    "json": write_json,
    "parquet": write_parquet,
    "markdown": write_markdown,
}
FORMATS: Sequence[str] = ("table", *WRITERS)


def _json(value: Any) -> str:
    """JSON in which steering characters are escaped too: still the same value."""
    return CONTROL_CHARACTERS.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(value, ensure_ascii=False))


def _cell(value: Any) -> Text:
    return Text("NULL", style="dim") if value is None else Text(printable(text_of(value)))


def _markdown_cell(value: Any) -> str:
    number = isinstance(value, int) and not isinstance(value, bool)
    text = f"{value:,}" if number else printable(text_of(value, null=""))
    return re.sub(r"([\\|<>`*_\[\]])", r"\\\1", text)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


class _text(io.TextIOWrapper):  # noqa: N801 - used as a context manager only
    """A UTF-8 text layer over ``out`` that leaves it open."""

    def __init__(self, out: BinaryIO) -> None:
        super().__init__(out, encoding="utf-8", newline="", write_through=False)

    def __exit__(self, *_: object) -> None:
        self.flush()
        self.detach()
