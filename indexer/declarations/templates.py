"""Text with values in it: ``Synthbuster/{folder}/{stem}``, ``{stem|prompts.Prompt ?? ''}``."""

import re
from collections.abc import Iterator, Sequence

from indexer.declarations.models import Chain, Condition, Placeholder, Template

# A value can be put through these on its way; each is SQL over `{}`. What gives NULL is reported as a missing value.
FUNCTIONS = {
    "int": "cast(try_cast({} as bigint) as varchar)",  # 000000096923 -> 96923
    "lower": "lower({})",
    "first_word": "split_part({}, ' ', 1)",
    "spaces": "replace({}, '_', ' ')",
    "stem": r"regexp_replace(split_part({}, '/', -1), '\.[^.]*$', '')",  # of a path or URL
    "unpadded": r"""regexp_replace({}, '/0+([1-9]\d*)("|$)', '/\1\2', 'g')""",  # val/000139 -> val/139
    "each": "{}",  # a list in the record: each of its elements, for paired_real_images alone
    "no_suffix": r"regexp_replace({}, '\.[^./]*$', '')",
}

_BRACES = re.compile(r"\{([^{}]*)\}")
_FALLBACK = re.compile(r"'([^']*)'")
_CONDITION = re.compile(r"(?P<value>.*?\S)\s*(?P<sign>!=|=)\s*(?P<to>[^{}=]*)")


def parse(text: str) -> Template:
    """Cut a template in its texts and placeholders.

    Raises:
        ValueError: it cannot be read; the message says where.
    """
    parts: list[str | Placeholder] = []
    end = 0
    for found in _BRACES.finditer(text):
        parts += [text[end : found.start()], _placeholder(found.group(1))]
        end = found.end()
    parts.append(text[end:])
    if any(isinstance(part, str) and ("{" in part or "}" in part) for part in parts):
        raise ValueError(f"'{text}' has a brace without its partner")
    return tuple(part for part in parts if part)


def _placeholder(text: str) -> Placeholder:
    *chains, last = [part.strip() for part in text.split("??")]
    if fallback := _FALLBACK.fullmatch(last):
        return Placeholder(tuple(map(_chain, chains)), fallback.group(1))
    return Placeholder(tuple(map(_chain, [*chains, last])))


def _chain(text: str) -> Chain:
    name, *steps = [part.strip() for part in text.split("|")]
    if not name or not all(steps):
        raise ValueError(f"'{{{text}}}' lacks a name")
    return Chain(name, tuple(steps))


def parse_condition(text: str) -> Condition:
    """Read ``{template} != value`` or ``{template} = value``.

    Raises:
        ValueError: it is neither.
    """
    found = _CONDITION.fullmatch(text.strip())
    if not found:
        raise ValueError(f"'{text}' is no condition: write '{{name}} = value' or '{{name}} != value'")
    return Condition(parse(found["value"]), found["sign"] == "=", found["to"].strip().strip("'"))


def placeholders(template: Template) -> Iterator[Placeholder]:
    """The placeholders of a template."""
    return (part for part in template if isinstance(part, Placeholder))


def is_list(templates: Sequence[Template]) -> bool:
    """Whether one placeholder is all there is, and its value a list whose elements are meant."""
    parts = [part for template in templates for part in template]
    return len(parts) == 1 and isinstance(parts[0], Placeholder) and parts[0].chains[-1].steps[-1:] == ("each",)


def constant(template: Template) -> str | None:
    """The text of a template that has no placeholder; None if it has one."""
    return None if any(placeholders(template)) else "".join(map(str, template))


def prefix(template: Template) -> str:
    """What every text made from a template starts with."""
    return template[0] if template and isinstance(template[0], str) else ""


def lookup(step: str) -> tuple[str, str] | None:
    """The table and column of the step ``table.column``; None for a map or function."""
    table, dot, column = step.partition(".")
    return (table, column) if dot else None
