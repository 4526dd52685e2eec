"""Write a survey as a declaration in TOML, with comments that show what to edit."""

import json
import re
from collections import Counter
from collections.abc import Iterator

from indexer.drafting.survey import Survey, SurveyedFile

_SHOWN = 12  # folder names per level
_FAKE = ("1_fake", "fake", "ai", "generated", "synthetic")


def declaration(found: Survey) -> str:
    """Return a declaration that gives every surveyed image a row."""
    return "\n".join([*_head(found), *_tables(found), *_rules(found)]) + "\n"


def _head(found: Survey) -> Iterator[str]:
    yield "# A draft: it gives each image a row. Edit it, then run 'python -m indexer scan'."
    yield "# The language is described in indexer/sources/README.md of the project."
    yield f"name = {_toml(found.source.name)}"
    yield '# licence = "CC BY 4.0"'
    yield '# generators = ["My Generator"]   # names that are not in the project\'s list'
    if found.repeated_stems:
        yield ""
        yield f"# {found.repeated_stems:,} images differ from others in their suffixes alone: the ids contain them."
        yield "[maps.ending]"
        yield '"" = ""'
        yield '"*" = ".{}"'
        yield ""
        yield "[defaults]"
        yield f"file_id = {_toml(found.source.name + '/{path}{suffix|ending}')}"


def _tables(found: Survey) -> Iterator[str]:
    names: Counter[str] = Counter()
    for file in found.side_files:
        name = re.sub(r"\W+", "_", file.path.rpartition("/")[2].rpartition(".")[0].lower()).strip("_") or "table"
        names[name] += 1
        yield from _table(file, name if names[name] == 1 else f"{name}_{names[name]}")


def _table(file: SurveyedFile, name: str) -> Iterator[str]:
    columns = ", ".join(file.columns) or "not known"
    yield ""
    yield f"# {_comment(file.path)}: columns {_comment(columns)}"
    yield f"# [tables.{name}]"
    yield f"# file = {_toml(re.escape(file.path.rpartition('/')[2]))}"
    yield f'# format = "{file.format}"'
    yield f"# key = {_toml(file.columns[0] if file.columns else 'COLUMN')}   # a column that a rule looks up"
    value = f"{{stem|{name}.{file.columns[-1] if file.columns else 'COLUMN'}}}"
    yield f"# description = {_toml(value)}   # in a rule"


def _rules(found: Survey) -> Iterator[str]:
    """Yield one rule per depth of folders; the deepest first, because a pattern may begin at any folder."""
    depths = sorted({len(folders) for folders, _ in found.folders}, reverse=True)
    for depth in depths:
        rows = [(folders, images) for folders, images in found.folders if len(folders) == depth]
        yield ""
        yield f"# Depth of {depth} folder{'' if depth == 1 else 's'}, {sum(images for _, images in rows):,} images:"
        for level in range(depth):
            yield f"#   folder{level + 1}: {_names(rows, level)}"
        yield from _rule(rows, depth)


def _rule(rows: list[tuple[tuple[str, ...], int]], depth: int) -> Iterator[str]:
    groups = "".join(f"(?P<folder{level + 1}>[^/]+)/" for level in range(depth))
    names = {name for folders, _ in rows for name in folders}
    yield "[[rule]]"
    yield f"path = '^{groups}[^/]+'"
    hint = next((name for name in _FAKE if name in names), None)
    if hint:
        yield f"# Images in '{hint}' look generated: put a rule for it, with a generator, before this one."
    if depth:
        yield f'# generator = "{{folder{depth}}}"   # if this folder names the generator: its images are then fake'
        yield "[rule.extra]"
        yield from (f'folder{level + 1} = "{{folder{level + 1}}}"' for level in range(depth))


def _names(rows: list[tuple[tuple[str, ...], int]], level: int) -> str:
    counts: Counter[str] = Counter()
    for folders, images in rows:
        counts[folders[level]] += images
    shown = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    more = f", and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
    return ", ".join(f"{_comment(name)} {images:,}" for name, images in shown[:_SHOWN]) + more


def _comment(text: str) -> str:
    """Return a text for a comment: control characters end a comment, or are not allowed in one."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "?", text)


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
