"""Write a survey as a declaration in TOML, with comments that show what to edit."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from indexer.base.toml_text import toml_string
from indexer.drafting.labels import BINARY_FAKE, CONFIRM, REAL, UNKNOWN, LabelColumn, label_columns
from indexer.drafting.models import Survey, SurveyedFile, SurveyedFolder

_SHOWN = 12  # folder names per level
# Columns of side files that are texts of an image.
_TEXTS = {
    "caption": "description", "description": "description", "text": "description", "line": "description",
    "prompt": "positive_prompt", "positive_prompt": "positive_prompt", "negative_prompt": "negative_prompt",
}  # fmt: skip


def declaration(found: Survey) -> str:
    """Return a declaration that gives every surveyed image a row."""
    tables = list(_named_tables(found))
    labels = label_columns(tables)
    lines = [*_head(found, uses_unknown=bool(labels)), *_tables(tables), *_maps(labels)]
    return "\n".join([*lines, *_defaults(found, _texts(tables)), *_rules(found, labels)]) + "\n"


def _head(found: Survey, *, uses_unknown: bool) -> Iterator[str]:
    yield "# A draft: it gives each image a row. Edit it, then run 'python -m indexer scan'."
    yield "# The language is described in indexer/sources/README.md of the project."
    yield f"name = {toml_string(found.source.name)}"
    yield '# licence = "CC BY 4.0"'
    unknown = uses_unknown or any(folder.generator == UNKNOWN for folder in found.folders)
    generators = f'generators = ["{UNKNOWN}"]' if unknown else '# generators = ["My Generator"]'
    yield f"{generators}   # names that are not in the project's list"
    if found.repeated_paths:
        yield ""
        others = "those of x.zip and of x.tar or a folder x"
        yield f"# {found.repeated_paths:,} images have the path of another one, as {others} have."
        yield "# One image per path has a row."
    if found.repeated_stems:
        yield ""
        yield f"# {found.repeated_stems:,} images differ from others in their suffixes alone: the ids contain them."
        yield "[maps.ending]"
        yield '"" = ""'
        yield '"*" = ".{}"'


def _named_tables(found: Survey) -> Iterator[tuple[str, SurveyedFile]]:
    names: Counter[str] = Counter()
    for file in found.side_files:
        stem = file.path.rpartition("/")[2].rpartition(".")[0]
        if file.key and not file.key.column:
            stem = "sidecar" if file.key.template else "rows"
        name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "table"
        names[name] += 1
        yield (name if names[name] == 1 else f"{name}_{names[name]}"), file


def _tables(tables: list[tuple[str, SurveyedFile]]) -> Iterator[str]:
    """Yield one table per side file: ready for use if its rows name images, else in comments."""
    for name, file in tables:
        off = "" if file.key else "# "
        columns = ", ".join(file.columns) or f"not known ({file.problem})"
        yield ""
        yield f"# {_comment(file.path)}: columns {_comment(columns)}"
        yield f"{off}[tables.{name}]"
        yield f"{off}file = {toml_string(file.pattern)}"
        yield f'{off}format = "{file.format}"'
        yield from [f"{off}rows = {toml_string(file.rows)}"] if file.rows else []
        if file.key:
            yield from [f"key = {toml_string(file.key.template)}"] if file.key.template else []
            yield from ['pick = "join"'] if file.format == "txt" else []
            yield f"# In a rule, {{{file.key.name}|{name}.COLUMN ?? ''}} is the value of a column for an image."
        else:
            key = file.columns[0] if file.columns else "COLUMN"
            yield f"# key = {toml_string(key)}   # a column that a rule looks up"


def _texts(tables: list[tuple[str, SurveyedFile]]) -> dict[str, str]:
    """Return the texts of images that tables have, by column of the manifest."""
    lookups: dict[str, list[str]] = {}
    for name, file in tables:
        for column in file.columns:
            if file.key and column.lower() in _TEXTS:
                lookups.setdefault(_TEXTS[column.lower()], []).append(f"{file.key.name}|{name}.{column}")
    return {text: "{" + " ?? ".join([*found, "''"]) + "}" for text, found in lookups.items()}


def _maps(labels: Mapping[str, LabelColumn]) -> Iterator[str]:
    """Yield a map per column of labels: the generator of each value, none for real images."""
    for name, label in labels.items():
        yield ""
        yield f"# {_comment(label.comment)}"
        yield f"[maps.{name}]"
        yield '"" = ""'
        yield f"'~^{label.real}$' = \"\""
        yield f'"*" = "{label.generator}"'


def _defaults(found: Survey, values: dict[str, str]) -> Iterator[str]:
    """Yield the columns of all rules: ids with suffixes if they are needed, and the values of tables."""
    if found.repeated_stems:
        values = {"file_id": found.source.name + "/{path}{suffix|ending}", **values}
    if values:
        yield ""
        yield "[defaults]"
        yield from (f"{column} = {toml_string(value)}" for column, value in values.items())


def _rules(found: Survey, labels: Mapping[str, LabelColumn]) -> Iterator[str]:
    """Yield rules per depth of folders, the deepest first."""
    kinds = sorted({(folder.is_table, len(folder.names)) for folder in found.folders}, reverse=True)
    for is_table, depth in kinds:
        folders = [each for each in found.folders if (each.is_table, len(each.names)) == (is_table, depth)]
        cells = " (the last one is an Arrow or Parquet file)" if is_table else ""
        yield ""
        count = sum(each.images for each in folders)
        yield f"# Depth of {depth} folder{'' if depth == 1 else 's'}{cells}, {count:,} images:"
        for level in range(depth):
            yield f"#   folder{level + 1}: {_names(folders, level)}"
        columns = "|".join(sorted({re.escape(each.column) for each in folders}))
        image = rf"\d+/(?:{columns})" if is_table else "[^/]+"
        lookups = [
            f"{label.lookup}|{name}" for name, label in labels.items() if label.lookup.startswith("record|") == is_table
        ]
        generator = "{" + " ?? ".join([*lookups, "''"]) + "}" if lookups else ""
        yield from _fake_rules(folders, depth, image) if not (is_table and generator) else ()
        yield from _real_rule(folders, depth, image) if not generator else ()
        yield from _rule(["[^/]+"] * depth, image, generator)


def _fake_rules(folders: list[SurveyedFolder], depth: int, image: str) -> Iterator[str]:
    """Yield one rule per folder level whose names mean fake images, and per way to name their generator."""
    names: dict[tuple[int, str], set[str]] = {}
    for folder in folders:
        if folder.fake_level is not None:
            generator = UNKNOWN if folder.generator == UNKNOWN else f"{{folder{folder.fake_level}}}"
            names.setdefault((folder.fake_level, generator), set()).add(folder.names[folder.fake_level])
    for (level, generator), found in sorted(names.items()):
        if found == {BINARY_FAKE}:
            yield f"# {CONFIRM} images in {BINARY_FAKE} are taken as fake, those in 0 as real. Correct their generator."
        else:
            fake = ", ".join(sorted(found))
            yield f"# Images in {fake} are fake, by the name of the folder. Correct their generator."
        patterns = ["[^/]+"] * depth
        patterns[level] = "|".join(map(re.escape, sorted(found)))
        yield from _rule(patterns, image, generator)
        yield ""


def _real_rule(folders: list[SurveyedFolder], depth: int, image: str) -> Iterator[str]:
    """Yield a rule for folders with names of real images if they are next to others, which may name generators."""
    last = {folder.names[-1] for folder in folders if depth and folder.fake_level is None}
    real = sorted(name for name in last if re.fullmatch(REAL, name))
    if real and len(real) < len(last):
        yield f"# Images in {', '.join(real)} are real, by the name of the folder."
        yield from _rule(["[^/]+"] * (depth - 1) + ["|".join(map(re.escape, real))], image, "", suggests=False)
        yield ""


def _rule(patterns: Sequence[str], image: str, generator: str = "", *, suggests: bool = True) -> Iterator[str]:
    """Yield a rule for images below folders with names of these patterns; ``image`` is the pattern of the rest."""
    depth = len(patterns)
    groups = "".join(f"(?P<folder{at}>{pattern})/" for at, pattern in enumerate(patterns, start=1))
    yield "[[rule]]"
    path = f"^{groups}{image}"
    yield f"path = {toml_string(path)}" if "'" in path else f"path = '{path}'"
    if generator:
        yield f"generator = {toml_string(generator)}"
    elif depth and suggests:
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
