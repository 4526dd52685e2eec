"""Load the rules of a declaration."""

import re
from collections.abc import Mapping
from typing import Any

from indexer.base.toml_fields import Fields
from indexer.declarations import templates
from indexer.declarations.models import COLUMNS, MAP_COLUMNS, Rule, Template

_DEFAULTS = {"generator": "", "label": ""}
_ANCHORS = "(?:^|/)(?:", ")$"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def anchored(pattern: str) -> str:
    """Return a pattern that starts at a component of the path and ends at its end."""
    start, end = _ANCHORS
    return f"{start}{pattern}{end}"


def as_declared(pattern: str) -> str:
    """Return the pattern that :func:`anchored` was given."""
    start, end = _ANCHORS
    return pattern.removeprefix(start).removesuffix(end)


def read_rules(top: Fields, name: str) -> tuple[Rule, ...]:
    """Return the rules of a declaration; ``name`` is that of its source."""
    given = top.tables("rule")
    if not given:
        top.problem("has no [[rule]]: add one for the paths that are images")
    own = top.below("defaults", top.table("defaults"))
    own.read_keys.update(("let", *COLUMNS, *MAP_COLUMNS))
    own.close()
    defaults = {**_DEFAULTS, "file_id": f"{name}/{{path}}", "origin": name, **own.values}
    return tuple(_rule(top.below(f"rule {number}", values), number, defaults) for number, values in enumerate(given, 1))


def _rule(fields: Fields, number: int, defaults: Mapping[str, Any]) -> Rule:
    if "path" not in fields.values:
        fields.problem("lacks 'path'")
    ignore, companion = fields.text("ignore") or None, fields.text("companion") or None
    if ignore and companion:
        fields.problem("has both 'ignore' and 'companion': keep one of them")
    own = _with_defaults(fields, defaults, ignore, companion)
    rule = Rule(
        number=number,
        path=anchored(fields.text("path")),
        values={column: _value(own, column) for column in COLUMNS},
        maps={column: _templates(own, column) for column in MAP_COLUMNS},
        let=_templates(own, "let"),
        ignore=ignore,
        companion=companion,
    )
    fields.read_keys.update(("path", "ignore", "companion"))
    if companion:
        fields.read_keys.update(("file_id", "let"))
    elif not ignore:
        fields.read_keys.update(("let", *COLUMNS, *MAP_COLUMNS))
    fields.close()
    return rule


def _with_defaults(fields: Fields, defaults: Mapping[str, Any], ignore: str | None, companion: str | None) -> Fields:
    """Return the values of a rule. Only a rule for images with rows of their own has the defaults of all columns."""
    if ignore:
        return fields.below(fields.address, {})
    if companion:
        origin = {"origin": defaults["origin"], "let": defaults.get("let", {})}
        own = {name: fields.values[name] for name in ("file_id", "let") if name in fields.values}
        return fields.below(fields.address, {**_DEFAULTS, **origin, "file_id": "{path}", **own})
    merged = {
        column: {**defaults.get(column, {}), **fields.table(column)}
        for column in MAP_COLUMNS
        if isinstance(defaults.get(column, {}), dict)
    }
    return fields.below(fields.address, {**defaults, **fields.values, **merged})


def _templates(fields: Fields, table: str) -> dict[str, Template]:
    """Return the templates of a table such as [rule.let] or [rule.extra]."""
    given = fields.table(table)
    for name in given:
        if table in MAP_COLUMNS and not _NAME.fullmatch(name):
            fields.problem(f"[rule.{table}]: '{name}' must have small letters, digits and '_' only")
    return {
        name: fields.understood(f"{table} {name}", str(text), templates.parse) or () for name, text in given.items()
    }


def _value(fields: Fields, column: str) -> tuple[Template, ...]:
    """Return the templates of a column: any number for ``paired_real_images``, one for the others."""
    texts = fields.texts(column) or () if column == "paired_real_images" else (fields.text(column),)
    return tuple(fields.understood(column, text, templates.parse) or () for text in texts)
