"""Parse templates: texts with placeholders such as ``Synthbuster/{folder}`` or ``{stem|prompts.Prompt ?? ''}``."""

import re
from collections.abc import Iterator, Sequence

from indexer.declarations.models import Condition, Pipeline, Placeholder, Template

# Functions that a pipeline may use as steps, as SQL over `{}`. A result of NULL is reported as a missing value.
FUNCTIONS = {
    "int": "cast(try_cast({} as bigint) as varchar)",  # 000000096923 -> 96923
    "lower": "lower({})",
    "first_word": "split_part({}, ' ', 1)",
    "spaces": "replace({}, '_', ' ')",
    "stem": r"regexp_replace(split_part(replace({}, '\', '/'), '/', -1), '\.[^.]*$', '')",  # of a path or URL
    "unpadded": r"""regexp_replace({}, '/0+([1-9]\d*)("|$)', '/\1\2', 'g')""",  # val/000139 -> val/139
    "each": "{}",  # a list in the record: each of its elements, for paired_real_images alone
    "no_suffix": r"regexp_replace(replace({}, '\', '/'), '^(?:\./)+|\.[^./]*$', '', 'g')",  # ./a\1.png -> a/1
}

_BRACES = re.compile(r"\{([^{}]*)\}")
_FALLBACK = re.compile(r"'([^']*)'")
_CONDITION = re.compile(r"(?P<value>.*?\S)\s*(?P<sign>!=|=)\s*(?P<to>[^{}=]*)")


def parse(text: str) -> Template:
    """Split a template into its texts and placeholders.

    Raises:
        ValueError: a brace is unmatched or a name is missing.
    """
    parts: list[str | Placeholder] = []
    end = 0
    for found in _BRACES.finditer(text):
        parts += [text[end : found.start()], _placeholder(found.group(1))]
        end = found.end()
    parts.append(text[end:])
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts):
        raise ValueError(f"'{text}' has an unmatched brace")
    return tuple(part for part in parts if part)


def _placeholder(text: str) -> Placeholder:
    *pipelines, last = [part.strip() for part in text.split("??")]
    if fallback := _FALLBACK.fullmatch(last):
        return Placeholder(tuple(map(_pipeline, pipelines)), fallback.group(1))
    return Placeholder(tuple(map(_pipeline, [*pipelines, last])))


def _pipeline(text: str) -> Pipeline:
    if text.startswith('"'):
        raise ValueError(f"'{{{text}}}': write a text in single quotes")
    name, *steps = [part.strip() for part in text.split("|")]
    if not name or not all(steps):
        raise ValueError(f"'{{{text}}}' lacks a name or a step")
    return Pipeline(name, tuple(steps))


def parse_condition(text: str) -> Condition:
    """Parse ``{template} != value`` or ``{template} = value``.

    Raises:
        ValueError: ``text`` is neither.
    """
    found = _CONDITION.fullmatch(text.strip())
    if not found:
        raise ValueError(f"'{text}' is not a condition: write '{{name}} = value' or '{{name}} != value'")
    return Condition(parse(found["value"]), found["sign"] == "=", found["to"].strip().strip("'"))


def placeholders(template: Template) -> Iterator[Placeholder]:
    """Return the placeholders of a template."""
    return (part for part in template if isinstance(part, Placeholder))


def is_list(templates: Sequence[Template]) -> bool:
    """Return whether the only part is a placeholder whose last step is ``each``: its value is a JSON list."""
    parts = [part for template in templates for part in template]
    return len(parts) == 1 and isinstance(parts[0], Placeholder) and parts[0].pipelines[-1].steps[-1:] == ("each",)


def constant_text(template: Template) -> str | None:
    """Return the text of a template without placeholders; None if it has one."""
    return None if any(placeholders(template)) else "".join(map(str, template))


def table_column(step: str) -> tuple[str, str] | None:
    """Return table and column of the step ``table.column``; None for a map or function."""
    table, dot, column = step.partition(".")
    return (table, column) if dot else None
