"""Write a survey as a declaration in TOML, with comments that show what to edit."""

import json
import re
from collections import Counter
from collections.abc import Iterator

from indexer.drafting.models import Survey, SurveyedFile, SurveyedFolder

_SHOWN = 12  # folder names per level
_UNKNOWN = "unknown"  # the generator of the default rules where no folder names it
# Columns of side files that are texts of an image.
_TEXTS = {
    "caption": "description", "description": "description", "text": "description", "line": "description",
    "prompt": "positive_prompt", "positive_prompt": "positive_prompt", "negative_prompt": "negative_prompt",
}  # fmt: skip


def declaration(found: Survey) -> str:
    """Return a declaration that gives every surveyed image a row."""
    tables = list(_named_tables(found))
    return "\n".join([*_head(found), *_tables(tables), *_defaults(found, tables), *_rules(found)]) + "\n"


def _head(found: Survey) -> Iterator[str]:
    yield "# A draft: it gives each image a row. Edit it, then run 'python -m indexer scan'."
    yield "# The language is described in indexer/sources/README.md of the project."
    yield f"name = {_toml(found.source.name)}"
    yield '# licence = "CC BY 4.0"'
    unknown = any(folder.generator == _UNKNOWN for folder in found.folders)
    generators = f'generators = ["{_UNKNOWN}"]' if unknown else '# generators = ["My Generator"]'
    yield f"{generators}   # names that are not in the project's list"
    if found.repeated_stems:
        yield ""
        yield f"# {found.repeated_stems:,} images differ from others in their suffixes alone: the ids contain them."
        yield "[maps.ending]"
        yield '"" = ""'
        yield '"*" = ".{}"'


def _named_tables(found: Survey) -> Iterator[tuple[str, SurveyedFile]]:
    names: Counter[str] = Counter()
    for file in found.side_files:
        stem = "sidecar" if file.key and not file.key.column else file.path.rpartition("/")[2].rpartition(".")[0]
        name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "table"
        names[name] += 1
        yield (name if names[name] == 1 else f"{name}_{names[name]}"), file


def _tables(tables: list[tuple[str, SurveyedFile]]) -> Iterator[str]:
    """Yield one table per side file: ready for use if its rows name images, else in comments."""
    for name, file in tables:
        off = "" if file.key else "# "
        columns = ", ".join(file.columns) or "not known"
        yield ""
        yield f"# {_comment(file.path)}: columns {_comment(columns)}"
        yield f"{off}[tables.{name}]"
        yield f"{off}file = {_toml(file.pattern)}"
        yield f'{off}format = "{file.format}"'
        if file.key:
            yield f"key = {_toml(file.key.template)}"
            yield from ['pick = "join"'] if file.format == "txt" else []
            yield f"# In a rule, {{{file.key.name}|{name}.COLUMN ?? ''}} is the value of a column for an image."
        else:
            yield f"# key = {_toml(file.columns[0] if file.columns else 'COLUMN')}   # a column that a rule looks up"


def _defaults(found: Survey, tables: list[tuple[str, SurveyedFile]]) -> Iterator[str]:
    """Yield the columns of all rules: ids with suffixes if they are needed, and the texts of side files."""
    values = {"file_id": found.source.name + "/{path}{suffix|ending}"} if found.repeated_stems else {}
    lookups: dict[str, list[str]] = {}
    for name, file in tables:
        for column in file.columns:
            if file.key and column.lower() in _TEXTS:
                lookups.setdefault(_TEXTS[column.lower()], []).append(f"{file.key.name}|{name}.{column}")
    values |= {text: "{" + " ?? ".join([*found_in, "''"]) + "}" for text, found_in in lookups.items()}
    if values:
        yield ""
        yield "[defaults]"
        yield from (f"{column} = {_toml(value)}" for column, value in values.items())


def _rules(found: Survey) -> Iterator[str]:
    """Yield rules per depth of folders; the deepest first, because a pattern may begin at any folder."""
    depths = sorted({len(folder.names) for folder in found.folders}, reverse=True)
    for depth in depths:
        folders = [folder for folder in found.folders if len(folder.names) == depth]
        yield ""
        yield f"# Depth of {depth} folder{'' if depth == 1 else 's'}, {sum(each.images for each in folders):,} images:"
        for level in range(depth):
            yield f"#   folder{level + 1}: {_names(folders, level)}"
        yield from _fake_rules(folders, depth)
        yield from _rule(depth)


def _fake_rules(folders: list[SurveyedFolder], depth: int) -> Iterator[str]:
    """Yield one rule per folder level whose names mean fake images, and per way to name their generator."""
    names: dict[tuple[int, str], set[str]] = {}
    for folder in folders:
        if folder.fake_level is not None:
            generator = _UNKNOWN if folder.generator == _UNKNOWN else f"{{folder{folder.fake_level}}}"
            names.setdefault((folder.fake_level, generator), set()).add(folder.names[folder.fake_level])
    for (level, generator), found in sorted(names.items()):
        yield f"# Images in {', '.join(sorted(found))} are fake, by the name of the folder. Correct their generator."
        yield from _rule(depth, level, "|".join(map(re.escape, sorted(found))), generator)
        yield ""


def _rule(depth: int, level: int = -1, names: str = "", generator: str = "") -> Iterator[str]:
    """Yield a rule for images below ``depth`` folders, of which the one at ``level`` has one of ``names``."""
    patterns = (names if at == level else "[^/]+" for at in range(depth))
    groups = "".join(f"(?P<folder{at}>{pattern})/" for at, pattern in enumerate(patterns, start=1))
    yield "[[rule]]"
    yield f"path = '^{groups}[^/]+'"
    if generator:
        yield f"generator = {_toml(generator)}"
    elif depth:
        yield f'# generator = "{{folder{depth}}}"   # if this folder names the generator: its images are then fake'
    if depth:
        yield "[rule.extra]"
        yield from (f'folder{at} = "{{folder{at}}}"' for at in range(1, depth + 1))


def _names(folders: list[SurveyedFolder], level: int) -> str:
    counts: Counter[str] = Counter()
    for folder in folders:
        counts[folder.names[level]] += folder.images
    shown = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    more = f", and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
    return ", ".join(f"{_comment(name)} {images:,}" for name, images in shown[:_SHOWN]) + more


def _comment(text: str) -> str:
    """Return a text for a comment: control characters end a comment, or are not allowed in one."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", "?", text)


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
