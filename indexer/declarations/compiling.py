"""A source -> one SELECT over raw rows: what every image of it is, or why that cannot be told.

The SELECT gives, for each image: member_id, source, the columns of ``attributes``, status and reason; and code and
detail, as in ``underivable``, where a rule, a map or a table lacks something. It can be pasted into the DuckDB shell.
"""

from indexer.declarations import tables
from indexer.declarations.rules import RuleCompiler
from indexer.declarations.shapes import COLUMNS, Rule, Source
from indexer.declarations.sql import indented, literal

_SAID = ", ".join(("member_id", *COLUMNS, "status", "reason", "problem.code as code", "problem.detail as detail"))


def compile_source(source: Source) -> str:
    """The SELECT of a source, formatted for reading."""
    compilers = [RuleCompiler(source, rule) for rule in source.rules if not rule.ignore]
    parts = [("image", _images(source))]
    parts += [(f"order_{rule.number}", _order(source, rule)) for rule in source.rules if rule.row_order]
    bodies = [(compiler.name, compiler.select()) for compiler in compilers]
    used: dict[str, set[str]] = {}
    for compiler in compilers:
        for table, columns in compiler.columns.items():
            used.setdefault(table, set()).update(columns)
    lookups = source.lookups or {}
    parts += [(tables.name(table), tables.select(lookups[table], sorted(used[table]))) for table in sorted(used)]
    with_clause = ",\n".join(f"{name} as (\n{indented(body)}\n)" for name, body in parts + bodies)
    said = [_unmatched(), *(f"select {_SAID} from {name}" for name, _ in bodies)]
    union = "\nunion all by name\n".join(said)
    return f"with {with_clause}\nselect {literal(source.key)} as source, *\nfrom (\n{indented(union)}\n)"


def _images(source: Source) -> str:
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


def _unmatched() -> str:
    return (
        "select member_id, status, reason, 'unmatched' as code, 'no rule matches ' || path as detail\n"
        "from image where rule is null"
    )


def _order(source: Source, rule: Rule) -> str:
    """How many rows lie in the files before each file; null where one of those is missing or was not read."""
    parts = [
        f"when regexp_matches(path, {literal(pattern)}) then {part}" for part, pattern in enumerate(rule.row_order)
    ]
    counted = [
        f"when {part} then regexp_extract(path, {literal(pattern)}, ['index', 'total'])"
        for part, pattern in enumerate(rule.row_order)
    ]
    return _FIRST_ROW.format(source=literal(source.key), parts=" ".join(parts), counted=" ".join(counted))


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
        select *,
            row_number() over (partition by folder, part order by path) - 1 as place,
            try_cast(counted.index as bigint) as number,
            try_cast(counted.total as bigint) as total
        from (
            select container_id, path, row_count,
                regexp_replace(path, '[^/]*$', '') as folder,
                case {parts} end as part,
                case part {counted} end as counted
            from container
            where source = {source}
        )
        where part is not null
    )
    window
        before as (partition by folder order by part, path rows between unbounded preceding and 1 preceding),
        here as (partition by folder order by part, path)
)"""
