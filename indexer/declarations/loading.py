"""Load TOML files as :class:`Source` and report every problem of every file at once."""

import codecs
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexer.base.config import expanded
from indexer.base.errors import ConfigError, DeclarationError, message_of
from indexer.base.suggestions import near
from indexer.base.toml_fields import Fields, Problems
from indexer.declarations import checking, templates
from indexer.declarations.extending import extended
from indexer.declarations.models import USES, Download, LookupTable, SideTable, Source, SourceInfo, Template
from indexer.declarations.rule_loading import anchored, read_rules

# The lines of a file that is not TOML which name the rows that it describes.
_KEY_LINE = re.compile(r"""^(key|name|default_folder)\s*=\s*["']([^"'\\\n]+)["']""", re.MULTILINE)
_FORMATS = ("csv", "json", "jsonl", "txt", "rows")


def read_all(folders: Sequence[Path]) -> tuple[Source, ...]:
    """Read and check the ``*.toml`` files of ``folders``. A wrong declaration is a source with ``problems``."""
    problems = {file: Problems() for folder in folders for file in sorted(folder.glob("[!_]*.toml"))}
    sources = _shared_tables([_read(file, problems[file]) for file in problems], problems)
    checking.check(sources, problems)
    checking.check_shared(sources, problems)
    marked = [replace(source, problems=problems[source.file].text()) for source in sources]
    by_key = {source.key: source for source in sorted(marked, key=lambda source: bool(source.problems))}
    return tuple(by_key[key] for key in sorted(by_key))


def parsed(values: Mapping[str, Any], file: Path) -> Source:
    """Return the source that the values of a TOML file declare.

    Raises:
        DeclarationError: lists every problem.
    """
    problems = Problems()
    source = _source(Fields(values, file.name, "", problems), file)
    checking.check([source], {file: problems})
    problems.refuse(DeclarationError)
    return source


def _read(file: Path, problems: Problems) -> Source:
    values: dict[str, Any] = {}
    try:
        raw = file.read_bytes()
    except OSError as error:
        problems.add(file.name, "", f"cannot be read: {error.strerror}")
        return _head(values, file)
    values.update(_KEY_LINE.findall(raw.decode("utf-8-sig", errors="replace")))
    try:
        values = tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # ValueError: also too many digits; RecursionError: nesting
        problems.add(file.name, "", f"is not TOML: {message_of(error)}")
        return _head(values, file)
    try:
        values = extended(values, file.parent)
    except (OSError, ValueError, RecursionError) as error:
        problems.add(file.name, "", message_of(error))
        return _head(values, file)
    return _source(Fields(values, file.name, "", problems), file)


def _head(values: Mapping[str, Any], file: Path) -> Source:
    """Return the source of a file that cannot be understood: its key and folder, which its scanned rows need."""
    top = Fields(values, file.name, "", Problems())
    key = top.text("key") or file.stem
    return Source(key, _default_folder(top, key), file, SourceInfo(top.text("name") or key), rules=())


def _source(top: Fields, file: Path) -> Source:
    key = top.text("key") or file.stem
    name = top.text("name") or key
    tables, lookups = _tables(top, key, file)
    source = Source(
        key=key,
        default_folder=_default_folder(top, key),
        file=file,
        info=_info(top, name),
        rules=read_rules(top, name),
        tables=tables,
        lookups=lookups,
        maps=_maps(top),
        include=top.parsed("include", anchored),
        keep=top.parsed("keep", templates.parse_condition),
        row_orders=_row_orders(top),
        generators=top.texts("generators") or (),
        encoding=_encoding(top),
        known_damage=_known_damage(top),
    )
    top.close()
    return source


def _encoding(top: Fields) -> str | None:
    name = top.text("encoding")
    try:
        return codecs.lookup(name).name if name else None
    except LookupError:
        top.problem(f"'encoding': '{name}' is not an encoding that Python knows, such as 'gbk', 'shift_jis' or 'cp866'")
        return None


def _default_folder(top: Fields, key: str) -> str:
    try:
        return str(expanded(top.text("default_folder") or key))
    except ConfigError as error:
        top.problem(f"'default_folder': {error}")
        return key


def _row_orders(top: Fields) -> tuple[tuple[str, ...], ...]:
    """Return one list of patterns per dataset: its parts, in the order in which their rows are numbered."""
    orders = top.values.get("row_orders", [])
    top.read_keys.add("row_orders")
    if not isinstance(orders, list) or not all(isinstance(order, list) for order in orders):
        top.problem("'row_orders' must be a list of lists of patterns")
        return ()
    return tuple(tuple(anchored(str(pattern)) for pattern in order) for order in orders)


def _known_damage(top: Fields) -> dict[str, str]:
    """Return pattern -> description of the files that are damaged as published."""
    given = top.table("known_damage")
    if not all(isinstance(text, str) for text in given.values()):
        top.problem("[known_damage] must give a text per pattern")
    return {anchored(pattern): str(text) for pattern, text in given.items()}


def _info(top: Fields, name: str) -> SourceInfo:
    published = top.table("published")
    if not all(isinstance(count, int) for count in published.values()):
        top.problem("[published] must give the number of images per generator")
    return SourceInfo(
        name=name,
        homepage=top.text("homepage"),
        licence=top.text("licence"),
        citation=top.text("citation"),
        downloads=tuple(_download(top, number, given) for number, given in enumerate(top.tables("download"), 1)),
        published=published,
        use=top.choice("use", USES),
    )


def _download(top: Fields, number: int, given: Mapping[str, Any]) -> Download:
    fields = top.below(f"download {number}", given)
    digests = (f"{name}:{fields.text(name)}" for name in ("sha256", "md5") if fields.text(name))
    fields.read_keys.update(("sha256", "md5"))
    found = Download(
        file=fields.text("file"),
        url=fields.text("url"),
        size=fields.integer("size"),
        note=fields.text("note"),
        files=fields.texts("files"),
        hash=next(digests, "") or fields.text("hash"),
        hub=fields.text("hub"),
        revision=fields.text("revision"),
    )
    fields.close()
    return found


def _maps(top: Fields) -> dict[str, dict[str, str]]:
    maps: dict[str, dict[str, str]] = {}
    for name, entries in top.table("maps").items():
        given = entries if isinstance(entries, dict) else {}
        maps[name] = {key: value for key, value in given.items() if isinstance(value, str)}
        if maps[name] != entries:
            top.problems.add(top.file, f"maps.{name}", "must map texts to texts")
    return maps


def _tables(top: Fields, source: str, file: Path) -> tuple[tuple[SideTable, ...], dict[str, LookupTable]]:
    sides: list[SideTable] = []
    lookups: dict[str, LookupTable] = {}
    for name, given in top.table("tables").items():
        fields = top.below(f"tables.{name}", given)
        side = _side_table(fields, name, source) if "file" in fields.values else None
        sides += [side] if side else []
        lookups[name] = _lookup(fields, name, side, file)
        fields.read_keys.update(("file", "from", "beside", "format", "rows", "columns", "header"))
        fields.close()
    return tuple(sides), lookups


def _side_table(fields: Fields, name: str, source: str) -> SideTable:
    pattern = fields.text("file")
    suffix = re.search(r"\.(\w+)\)*$", pattern)
    form = fields.text("format") or (suffix.group(1) if suffix else "")
    if form not in _FORMATS:
        fields.problem(f"'format' must be one of {', '.join(_FORMATS)}, not '{form}'")
    if "rows" in fields.values and form in _FORMATS and form != "json":
        fields.problem(f"'rows' names a list of a JSON file, but the format is {form}")
    return SideTable(
        name=name,
        source=source,
        file=f"^(?:.*/)?(?:{pattern})$",
        format=form,
        rows=fields.text("rows") or None,
        columns=fields.texts("columns"),
        header=fields.flag("header", True),
    )


def _lookup(fields: Fields, name: str, side: SideTable | None, file: Path) -> LookupTable:
    shared = fields.text("from")
    beside = fields.text("beside")
    if sum(map(bool, (side, shared, beside))) != 1:
        fields.problem(
            "needs exactly one of 'file' (a side file), 'from' (source.table) and 'beside' (a CSV next to this file)"
        )
    return LookupTable(
        name=name,
        key=_key(fields, side),
        pick=fields.text("pick", "only"),
        order=fields.text("order") or None,
        separator=fields.text("separator", " "),
        rows_of=(side.source, name) if side else _shared_table(fields, shared) if shared else None,
        csv_file=file.parent / beside if beside else None,
    )


def _shared_table(fields: Fields, shared: str) -> tuple[str, str]:
    source, dot, table = shared.partition(".")
    if not dot:
        fields.problem(f"'from' must be source.table, not '{shared}'")
    return source, table


def _key(fields: Fields, side: SideTable | None) -> Template:
    """Return the key: a template of columns, or one column without braces. Rows of Arrow files have ``{@record}``."""
    text = fields.text("key", "{@record}" if side and side.format == "rows" else "")
    if not text:
        fields.problem("lacks 'key': the column, or a template of columns, by which rows are looked up")
    return fields.understood("key", text if "{" in text else f"{{{text or '?'}}}", templates.parse) or ()


def _shared_tables(sources: Sequence[Source], problems: Mapping[Path, Problems]) -> list[Source]:
    """Add to each source the side tables of other sources that it uses, so that its scan reads them."""
    declared = {(side.source, side.name): side for source in sources for side in source.tables}
    known = [".".join(key) for key in declared]
    complete = []
    for source in sources:
        sides = {(side.source, side.name): side for side in source.tables}
        for table in source.lookups.values():
            if table.rows_of and table.rows_of in declared:
                sides[table.rows_of] = declared[table.rows_of]
            elif table.rows_of:
                name = ".".join(table.rows_of)
                message = f"no source has a table '{name}'{near(name, known)}"
                problems[source.file].add(source.file.name, f"tables.{table.name}", message)
        complete.append(replace(source, tables=tuple(sides.values())))
    return complete
