"""A source -> one SELECT over raw rows: what every image of it is, or why that cannot be told.

The SELECT gives, for each image: member_id, source, the columns of ``attributes``, status and reason; and code and
detail, as in ``derivation_error``, where a rule, a map or a table lacks something. DuckDB's shell runs it.
"""

from collections.abc import Iterable

from indexer.declarations import tables, templates
from indexer.declarations.expressions import Expressions
from indexer.declarations.models import COLUMNS, Source
from indexer.declarations.rules import RuleCompiler
from indexer.declarations.sql import indented, literal

_SAID = ", ".join(("member_id", *COLUMNS, "status", "reason", "problem.code as code", "problem.detail as detail"))


def compile_source(source: Source) -> str:
    """The SELECT of a source, formatted for reading."""
    keeping = Expressions(source)
    image = _image(source, keeping)
    compilers = [RuleCompiler(source, rule) for rule in source.rules if not rule.ignore]
    rules = [(compiler.name, compiler.select()) for compiler in compilers]
    looked_up = _tables(source, [keeping, *(compiler.expressions for compiler in compilers)])
    order = [("order_of_files", _order(source))] if source.row_orders else []
    steps = [*looked_up, *order, ("found", _found(source)), ("image", image), *rules]
    with_clause = ",\n".join(f"{name} as (\n{indented(body)}\n)" for name, body in steps)
    union = "\nunion all by name\n".join([_UNMATCHED, *(f"select {_SAID} from {name}" for name, _ in rules)])
    return f"with {with_clause}\nselect {literal(source.key)} as source, *\nfrom (\n{indented(union)}\n)"


def _tables(source: Source, users: Iterable[Expressions]) -> list[tuple[str, str]]:
    """The tables that are looked up in, each with just the columns that are asked for."""
    used: dict[str, set[str]] = {}
    for expressions in users:
        for table, columns in expressions.columns.items():
            used.setdefault(table, set()).update(columns)
    lookups = source.lookups or {}
    return [(tables.name(table), tables.select(lookups[table], sorted(used[table]))) for table in sorted(used)]


def _found(source: Source) -> str:
    """Everything that counts as an image, with the number of the first rule that its path matches."""
    tests = [f"when regexp_matches(path, {literal(rule.path)}) then {rule.number}" for rule in source.rules]
    wanted = "is_image" if source.include is None else f"regexp_matches(logical, {literal(source.include)})"
    case = indented(indented("\n".join(tests)))
    return (
        "select member_id, container_id, path, suffix, record_path, line,\n"
        "    case when problem is not null or size = 0 then 'unreadable' else 'ok' end as status,\n"
        "    case when size = 0 then 'empty file' else problem end as reason,\n"
        f"    case\n{case}\n    end as rule\n"
        f"from raw_file\nwhere source = {literal(source.key)} and {wanted}"
    )


def _image(source: Source, expressions: Expressions) -> str:
    """What is left of it after ``ignore`` and ``keep``; ``unkept`` says why ``keep`` could not be asked."""
    ignored = [f"rule is distinct from {rule.number}" for rule in source.rules if rule.ignore]
    unkept, tests = "cast(null as struct(code varchar, detail varchar))", ignored
    if source.keep:
        value = expressions.text(source.keep.value)
        sign = "=" if source.keep.equal else "<>"
        tests = [*ignored, f"({value} is null or {value} {sign} {literal(source.keep.to)})"]
        failures = [
            clause
            for placeholder in templates.placeholders(source.keep.value)
            for clause in expressions.failures(placeholder, f"{value} is null")
        ]
        unkept = f"case {' '.join(failures)} end"
    row = "first_row" if source.row_orders else "null"
    order = "\nleft join order_of_files using (container_id)" if source.row_orders else ""
    where = f"\nwhere {' and '.join(tests)}" if tests else ""
    return f"select found.*, {row} as first_row, {unkept} as unkept\nfrom found{order}{expressions.joins}{where}"


_UNMATCHED = """\
select member_id, status, reason, 'unmatched' as code, 'no rule matches ' || path as detail
from image where rule is null"""


def _order(source: Source) -> str:
    """How many rows lie in the files before each file; null where one of those is missing or was not read."""
    patterns = [
        (literal(pattern), dataset, part)
        for dataset, parts in enumerate(source.row_orders)
        for part, pattern in enumerate(parts)
    ]
    places = " ".join(
        f"when regexp_matches(path, {pattern}) then {{'dataset': {dataset}, 'part': {part},"
        f" 'file': regexp_extract(path, {pattern}, ['index', 'total'])}}"
        for pattern, dataset, part in patterns
    )
    return _FIRST_ROW.format(source=literal(source.key), places=places)


# Files of a folder, part by part, each part in name order. A part is whole where the last of its files, number
# total - 1, is there and each file has the number that its place in the part has.
_FIRST_ROW = """\
select container_id, case when whole_parts = part and gaps = 0 then rows_before end as first_row
from (
    select container_id, part,
        coalesce(sum(row_count) over before, 0) as rows_before,
        coalesce(sum(cast(number + 1 = total as integer)) over before, 0) as whole_parts,
        coalesce(sum(cast(row_count is null as integer)) over before, 0)
            + sum(cast(number <> place as integer)) over here as gaps
    from (
        select *, known.dataset as dataset, known.part as part,
            row_number() over (partition by folder, known.dataset, known.part order by path) - 1 as place,
            try_cast(known.file.index as bigint) as number,
            try_cast(known.file.total as bigint) as total
        from (
            select container_id, path, row_count,
                regexp_replace(path, '[^/]*$', '') as folder,
                case {places} end as known
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
