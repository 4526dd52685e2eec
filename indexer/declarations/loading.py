"""TOML files -> :class:`Source`, with every problem of every file told at once."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexer.base.config import expanded
from indexer.base.errors import ConfigError
from indexer.declarations import checking, templates
from indexer.declarations.fields import Fields, Problems, near
from indexer.declarations.models import COLUMNS, Download, Rule, SideTable, Source, SourceInfo, Table, Template

_FORMATS = ("csv", "json", "jsonl", "txt", "rows")
_DEFAULTS = {"file_id": "{path}", "generator": "", "label": ""}


def load(folders: Sequence[Path]) -> tuple[Source, ...]:
    """The sources that the ``*.toml`` files of ``folders`` declare, in the order of their keys.

    Raises:
        DeclarationError: a file cannot be understood; the message lists every problem of every file.
    """
    problems = Problems()
    read = [_read(file, problems) for folder in folders for file in sorted(folder.glob("*.toml"))]
    sources = _shared_tables([source for source in read if source], problems)
    checking.check(sources, problems)
    problems.refuse()
    return tuple(sorted(sources, key=lambda source: source.key))


def _read(file: Path, problems: Problems) -> Source | None:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # TOML's own, and what Python says of numbers and nesting
        problems.add(file.name, "", f"is not TOML: {' '.join(str(error).split())}")
        return None
    return _source(Fields(values, file.name, "", problems), file)


def _source(top: Fields, file: Path) -> Source:
    key = top.text("key") or file.stem
    name = top.text("name") or key
    tables, lookups = _tables(top, key, file)
    source = Source(
        key=key,
        default_folder=_default_folder(top, key),
        file=file,
        head=_head(top, name),
        rules=_rules(top, name),
        tables=tables,
        lookups=lookups,
        maps=_maps(top),
        include=top.parsed("include", anchored),
        keep=top.parsed("keep", templates.parse_condition),
        row_orders=_row_orders(top),
        generators=top.texts("generators") or (),
    )
    top.close()
    return source


def _default_folder(top: Fields, key: str) -> str:
    try:
        return str(expanded(top.text("default_folder") or key))
    except ConfigError as error:
        top.problem(f"'default_folder': {error}")
        return key


def anchored(pattern: str) -> str:
    """A pattern that starts where a path's component starts and ends where the path ends."""
    return f"(?:^|/)(?:{pattern})$"


def _row_orders(top: Fields) -> tuple[tuple[str, ...], ...]:
    """One list of patterns a dataset: its parts, in the order in which their rows count on."""
    orders = top.values.get("row_orders", [])
    top.asked.add("row_orders")
    if not isinstance(orders, list) or not all(isinstance(order, list) for order in orders):
        top.problem("'row_orders' must be a list of lists of patterns")
        return ()
    return tuple(tuple(anchored(str(pattern)) for pattern in order) for order in orders)


def _head(top: Fields, name: str) -> SourceInfo:
    published = top.table("published")
    if not all(isinstance(count, int) for count in published.values()):
        top.problem("[published] gives a number of images for each generator")
    return SourceInfo(
        name=name,
        homepage=top.text("homepage"),
        licence=top.text("licence"),
        citation=top.text("citation"),
        downloads=tuple(_download(top, number, given) for number, given in enumerate(top.tables("download"), 1)),
        published=published,
    )


def _download(top: Fields, number: int, given: Mapping[str, Any]) -> Download:
    fields = Fields(given, top.file, f"download {number}", top.problems)
    found = Download(
        file=fields.text("file"),
        url=fields.text("url"),
        size=fields.number("size"),
        note=fields.text("note"),
        files=fields.texts("files"),
        hash=fields.text("hash"),
        hub=fields.text("hub"),
    )
    fields.close()
    return found


def _maps(top: Fields) -> dict[str, dict[str, str]]:
    maps = top.table("maps")
    return {name: _map(top, name, entries) for name, entries in maps.items()}


def _map(top: Fields, name: str, entries: object) -> dict[str, str]:
    given = entries if isinstance(entries, dict) else {}
    texts = {key: value for key, value in given.items() if isinstance(value, str)}
    if texts != entries:
        top.problems.add(top.file, f"maps.{name}", "must give a text for each text")
    return texts


def _tables(top: Fields, source: str, file: Path) -> tuple[tuple[SideTable, ...], dict[str, Table]]:
    sides: list[SideTable] = []
    lookups: dict[str, Table] = {}
    for name, given in top.table("tables").items():
        fields = Fields(given if isinstance(given, dict) else {}, top.file, f"tables.{name}", top.problems)
        side = _side_table(fields, name, source) if "file" in fields.values else None
        sides += [side] if side else []
        lookups[name] = _lookup(fields, name, side, file)
        fields.asked.update(("file", "from", "beside", "format", "rows", "columns", "header"))
        fields.close()
    return tuple(sides), lookups


def _side_table(fields: Fields, name: str, source: str) -> SideTable:
    pattern = fields.text("file")
    suffix = re.search(r"\.(\w+)\)*$", pattern)
    form = fields.text("format") or (suffix.group(1) if suffix else "")
    if form not in _FORMATS:
        fields.problem(f"'format' must be one of {', '.join(_FORMATS)}, not '{form}'")
    return SideTable(
        name=name,
        source=source,
        file=f"^(?:.*/)?(?:{pattern})$",
        format=form,
        rows=fields.text("rows") or None,
        columns=fields.texts("columns"),
        header=fields.flag("header", True),
    )


def _lookup(fields: Fields, name: str, side: SideTable | None, file: Path) -> Table:
    shared = fields.text("from")
    beside = fields.text("beside")
    if sum(map(bool, (side, shared, beside))) != 1:
        fields.problem("needs one of 'file' (a side file), 'from' (source.table) and 'beside' (a CSV beside this file)")
    return Table(
        name=name,
        key=_key(fields, side),
        pick=fields.text("pick", "only"),
        order=fields.text("order") or None,
        separator=fields.text("separator", " "),
        rows_of=(side.source, name) if side else _two(fields, shared) if shared else None,
        beside=file.parent / beside if beside else None,
    )


def _two(fields: Fields, shared: str) -> tuple[str, str]:
    source, dot, table = shared.partition(".")
    if not dot:
        fields.problem(f"'from' must be source.table, not '{shared}'")
    return source, table


def _key(fields: Fields, side: SideTable | None) -> Template:
    """A key is a template of columns or, short, one column; a row of an Arrow file is known by its place."""
    text = fields.text("key", "{@record}" if side and side.format == "rows" else "")
    if not text:
        fields.problem("lacks 'key': the column, or a template of columns, that its rows are looked up by")
    return fields.understood("key", text if "{" in text else f"{{{text or '?'}}}", templates.parse) or ()


def _rules(top: Fields, name: str) -> tuple[Rule, ...]:
    given = top.tables("rule")
    if not given:
        top.problem("has no [[rule]]: one says what the images of a path are")
    own = Fields(top.table("defaults"), top.file, "defaults", top.problems)
    own.asked.update(("let", *COLUMNS))
    own.close()
    defaults = {**_DEFAULTS, "file_id": f"{name}/{{path}}", "origin": name, **own.values}
    return tuple(
        _rule(Fields(values, top.file, f"rule {number}", top.problems), number, defaults)
        for number, values in enumerate(given, 1)
    )


def _rule(fields: Fields, number: int, defaults: Mapping[str, Any]) -> Rule:
    if "path" not in fields.values:
        fields.problem("lacks 'path'")
    path, ignore = fields.text("path"), fields.text("ignore") or None
    own = Fields({} if ignore else {**defaults, **fields.values}, fields.file, fields.place, fields.problems)
    rule = Rule(
        number=number,
        path=anchored(path),
        values={column: _value(own, column) for column in COLUMNS},
        let=_let(own),
        ignore=ignore,
    )
    known = {"path", "ignore"} if ignore else {"path", "ignore", "let", *COLUMNS}
    fields.asked.update(known)
    fields.close()
    return rule


def _let(fields: Fields) -> dict[str, Template]:
    given = fields.table("let").items()
    return {name: fields.understood(f"let {name}", str(text), templates.parse) or () for name, text in given}


def _value(fields: Fields, column: str) -> tuple[Template, ...]:
    """The templates of a column: any number for ``paired_real_images``, one for the others."""
    texts = fields.texts(column) or () if column == "paired_real_images" else (fields.text(column),)
    return tuple(fields.understood(column, text, templates.parse) or () for text in texts)


def _shared_tables(sources: list[Source], problems: Problems) -> list[Source]:
    """Give each source the side tables of others that it uses, so that whoever scans it reads them too."""
    declared = {(side.source, side.name): side for source in sources for side in source.tables}
    return [_with_shared(source, declared, problems) for source in sources]


def _with_shared(source: Source, declared: Mapping[tuple[str, str], SideTable], problems: Problems) -> Source:
    sides = {(side.source, side.name): side for side in source.tables}
    for table in (source.lookups or {}).values():
        if table.rows_of and table.rows_of in declared:
            sides[table.rows_of] = declared[table.rows_of]
        elif table.rows_of:
            wanted = ".".join(table.rows_of)
            known = [".".join(key) for key in declared]
            problems.add(
                source.file.name, f"tables.{table.name}", f"no source has a table '{wanted}'{near(wanted, known)}"
            )
    return replace(source, tables=tuple(sides.values()))
