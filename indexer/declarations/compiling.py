"""Compile a source to one SELECT over raw rows.

The SELECT returns one row per image: member_id, source, the columns of ``attributes``, status and reason. ``code`` and
``detail`` (as in ``derivation_error``) are set if no rule matches, or if a map or table lacks a value of the identity.
``gap`` is set if a text is missing: the image has a row, and the text is empty. The SELECT runs in DuckDB's shell.
"""

from collections.abc import Iterable

from indexer.declarations import tables, templates
from indexer.declarations.expressions import NO_PROBLEM, Expressions
from indexer.declarations.models import COLUMNS, MAP_COLUMNS, Source
from indexer.declarations.rules import RuleCompiler
from indexer.manifest.sql_text import indented, literal

_PROBLEMS = ("problem.code as code", "problem.detail as detail", "gap.detail as gap")
_RESULT = ", ".join(("member_id", *COLUMNS, *MAP_COLUMNS, "role", "status", "reason", *_PROBLEMS))


def compile_source(source: Source) -> str:
    """Return the SELECT of a source, with line breaks and indentation."""
    keep = Expressions(source)
    image = _image(source, keep)
    compilers = [RuleCompiler(source, rule) for rule in source.rules if not rule.ignore]
    rules = [(compiler.name, compiler.select()) for compiler in compilers]
    lookups = _tables(source, [keep, *(compiler.expressions for compiler in compilers)])
    order = [("file_order", _file_order(source))] if source.row_orders else []
    steps = [*lookups, *order, ("candidate", _candidate(source)), ("image", image), *rules]
    with_clause = ",\n".join(f"{name} as (\n{indented(body)}\n)" for name, body in steps)
    union = "\nunion all by name\n".join([_UNMATCHED, *(f"select {_RESULT} from {name}" for name, _ in rules)])
    return f"with {with_clause}\nselect {literal(source.key)} as source, *\nfrom (\n{indented(union)}\n)"


def _tables(source: Source, users: Iterable[Expressions]) -> list[tuple[str, str]]:
    """Return name and SELECT of each lookup table that is used, restricted to the columns that are used."""
    used: dict[str, set[str]] = {}
    for expressions in users:
        for table, columns in expressions.columns.items():
            used.setdefault(table, set()).update(columns)
    return [(tables.name(table), tables.select(source.lookups[table], sorted(used[table]))) for table in sorted(used)]


def _candidate(source: Source) -> str:
    """Select every image file, with the number of the first rule that its path matches."""
    whens = [f"when regexp_matches(logical_stem, {literal(rule.path)}) then {rule.number}" for rule in source.rules]
    condition = "is_image" if source.include is None else f"regexp_matches(logical, {literal(source.include)})"
    case = indented(indented("\n".join(whens)))
    return (
        "select member_id, container_id, logical_stem, suffix, record_path, line,\n"
        "    case when problem is not null or size = 0 then 'unreadable' else 'ok' end as status,\n"
        f"    {_reason(source)} as reason,\n"
        f"    case\n{case}\n    end as rule\n"
        f"from raw_file\nwhere source = {literal(source.key)} and {condition}"
    )


def _reason(source: Source) -> str:
    """Return why an image cannot be used; of a readable one, its known damage, which an inspection will find."""
    known = [
        f"when regexp_matches(logical, {literal(pattern)}) then {literal(f'as published: {text}')}"
        for pattern, text in source.known_damage.items()
    ]
    whens = " ".join([*known, "when size = 0 then 'empty file'"])
    return f"case {whens} else problem end"


def _image(source: Source, expressions: Expressions) -> str:
    """Select the candidates that ``ignore`` and ``keep`` leave.

    The column ``keep_problem`` is set where the value of ``keep`` cannot be computed.
    """
    ignored = [f"rule is distinct from {rule.number}" for rule in source.rules if rule.ignore]
    problem, tests = NO_PROBLEM, ignored
    if source.keep:
        value = expressions.text(source.keep.value)
        sign = "=" if source.keep.equal else "<>"
        tests = [*ignored, f"({value} is null or {value} {sign} {literal(source.keep.to)})"]
        failures = [
            clause
            for placeholder in templates.placeholders(source.keep.value)
            for clause in expressions.failures(placeholder, f"{value} is null")
        ]
        problem = f"case {' '.join(failures)} end"
    row = "first_row" if source.row_orders else "null"
    order = "\nleft join file_order using (container_id)" if source.row_orders else ""
    where = f"\nwhere {' and '.join(tests)}" if tests else ""
    columns = f"candidate.*, {row} as first_row, {problem} as keep_problem"
    return f"select {columns}\nfrom candidate{order}{expressions.joins}{where}"


_UNMATCHED = """\
select member_id, status, reason, 'unmatched' as code, 'no rule matches ' || logical_stem as detail
from image where rule is null"""


def _file_order(source: Source) -> str:
    """Select the number of rows in all files before each file; null if one of those is missing or was not read."""
    patterns = [
        (literal(pattern), dataset, part)
        for dataset, parts in enumerate(source.row_orders)
        for part, pattern in enumerate(parts)
    ]
    whens = " ".join(
        f"when regexp_matches(path, {pattern}) then {{'dataset': {dataset}, 'part': {part},"
        f" 'file': regexp_extract(path, {pattern}, ['index', 'total'])}}"
        for pattern, dataset, part in patterns
    )
    return _FIRST_ROW.format(source=literal(source.key), whens=whens)


# Files are sorted by folder, part and name. A part is complete if its last file (number total - 1) is present and the
# number of each file is its position in the part.
_FIRST_ROW = """\
select container_id, case when complete_parts = part and gaps = 0 then rows_before end as first_row
from (
    select container_id, part,
        coalesce(sum(row_count) over before, 0) as rows_before,
        coalesce(sum(cast(number + 1 = total as integer)) over before, 0) as complete_parts,
        coalesce(sum(cast(row_count is null as integer)) over before, 0)
            + sum(cast(number <> position as integer)) over here as gaps
    from (
        select *, known.dataset as dataset, known.part as part,
            row_number() over (partition by folder, known.dataset, known.part order by path) - 1 as position,
            try_cast(known.file.index as bigint) as number,
            try_cast(known.file.total as bigint) as total
        from (
            select container_id, path, row_count,
                regexp_replace(path, '[^/]*$', '') as folder,
                case {whens} end as known
            from container
            where source = {source}
        )
        where known is not null
    )
    window
        before as (
            partition by folder, dataset order by part, path rows between unbounded preceding and 1 preceding
        ),
        here as (partition by folder, dataset order by part, path)
)"""
