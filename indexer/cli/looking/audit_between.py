"""``indexer audit --between``: the pictures that two selections, sources or exports share."""

import json
from pathlib import Path

from indexer.base.errors import CheckFailed
from indexer.cli.options.common import CommonOptions
from indexer.cli.options.inspector import inspector
from indexer.cli.printing import messages, render
from indexer.cli.printing.messages import printable
from indexer.selection.audit.between import Between, audit_between
from indexer.sharing.pictures import is_export, pictures_of

_SHOWN = 100  # pairs in a table for people
FORMATS = ("table", "markdown", "json")


def run(options: CommonOptions, names: tuple[str, str], radius: int, form: str, *, inspects: bool) -> None:
    """Compare, and print the result. Raises CheckFailed if a picture is shared."""
    exports = {name: pictures_of(Path(name)) for name in names if is_export(Path(name))}
    with options.changing() as store:
        found = audit_between(store, names, exports, radius, inspector(options) if inspects else None)
    for name, unknown in zip(names, found.unknown, strict=True):
        if unknown:
            messages.print_message(
                f"{unknown:,} images of '{name}' were not inspected, and not compared: run"
                " 'python -m indexer inspect --all'"
            )
    print(_text(found, form))
    if found.shared.num_rows:
        raise CheckFailed(f"{found.shared.num_rows:,} pairs of pictures are shared by '{names[0]}' and '{names[1]}'")


def _text(found: Between, form: str) -> str:
    a, b = map(printable, found.names)
    if form == "json":
        document = {"a": found.names[0], "b": found.names[1], "compared": found.compared, "unknown": found.unknown}
        return json.dumps(
            {**document, "matrix": found.matrix.to_pylist(), "shared": found.shared.to_pylist()}, indent=1
        )
    summary = f"A is '{a}' with {found.compared[0]:,} images, B is '{b}' with {found.compared[1]:,}."
    if not found.shared.num_rows:
        return f"{summary} They share no picture."
    title, shown = "Pictures of A that are in B as well", f"Shared pictures (the first {_SHOWN})"
    pairs = found.shared[:_SHOWN]
    if form == "markdown":
        tables = f"## {title}\n\n{render.markdown(found.matrix)}\n## {shown}\n\n{render.markdown(pairs)}"
        return f"# Audit between {a} and {b}\n\n{summary}\n\n{tables}"
    return f"{summary}\n{render.table_text(found.matrix, title)}\n{render.table_text(pairs, shown)}"
