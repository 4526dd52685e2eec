"""Compile a rule to a SELECT over the images whose path it matches."""

import re
from collections.abc import Sequence

from indexer.declarations import templates
from indexer.declarations.expressions import NO_PROBLEM, Expressions, when
from indexer.declarations.models import (
    COLUMNS,
    KINDS,
    MAP_COLUMNS,
    REQUIRED_COLUMNS,
    Placeholder,
    Rule,
    Source,
    Template,
)
from indexer.manifest.sql_text import indented, literal, quoted

_CONTROL = literal(r"[\x00-\x1f\x7f]")  # lists of ids and the input of digests have one id per line


class RuleCompiler:
    """Compiles one rule. After ``select``, ``expressions.columns`` has the columns that the rule looks up."""

    def __init__(self, source: Source, rule: Rule) -> None:
        self.name = f"rule_{rule.number}"
        self.rule = rule
        self.groups = list(re.compile(rule.path).groupindex)
        self.expressions = Expressions(source, self.groups, rule.let)
        self.values: dict[str, str] = {}
        self.failures: list[str] = []  # WHEN clauses: the image has no row
        self.gaps: list[str] = []  # WHEN clauses: the image has a row, and the value is left empty

    def select(self) -> str:
        """Return the SELECT: one row per image, one column per placeholder, then the columns of ``attributes``."""
        attributes = [f"{self._column(column)} as {column}" for column in COLUMNS]
        attributes += [f"{self._map(column)} as {column}" for column in MAP_COLUMNS]
        attributes.append(f"{literal(self.rule.companion) if self.rule.companion else 'null'} as role")
        values = [f"{expression} as {quoted(name)}" for name, expression in self.values.items()]
        problems = [f"{self._problem()} as problem", f"{_first(self.gaps)} as gap"]
        columns = ",\n".join(["member_id, status, reason", *values, *attributes, *problems])
        groups = ", ".join(map(literal, self.groups))
        extracted = f", regexp_extract(logical_stem, {literal(self.rule.path)}, [{groups}]) as g" if self.groups else ""
        rows = f"(select *{extracted} from image where rule = {self.rule.number})"
        return f"select\n{indented(columns)}\nfrom {rows}{self.expressions.joins}"

    def _column(self, column: str) -> str:
        values = self.rule.values[column]
        special = {"paired_real_images": self._pairs, "label": self._label, "kind": self._kind}
        if column in special:
            return special[column](values)
        if column in REQUIRED_COLUMNS:
            return self._text(values[0], self.failures)
        text = self._text(values[0], self.gaps)
        return f"nullif({text}, '')" if column == "group_id" else f"coalesce({text}, '')"

    def _pairs(self, values: Sequence[Template]) -> str:
        if templates.is_list(values):
            return f"coalesce({self._list(values[0])}, [])"
        texts = ", ".join(self._text(template, self.gaps) for template in values)
        return f"list_filter(cast([{texts}] as varchar[]), lambda text: text is not null)"

    def _list(self, template: Template) -> str:
        """Return the elements of a JSON list; NULL if the text is none."""
        text = self._text(template, self.gaps)
        elements = f"try_cast(try_cast({text} as json) as varchar[])"
        self.gaps.append(when(f"{elements} is null", "missing_text", f"'paired_real_images is not a list: ' || {text}"))
        return elements

    def _label(self, values: Sequence[Template]) -> str:
        """Return 0 for real and 1 for fake. Without a label, the kind decides; without both, a generator means fake."""
        template = values[0]
        if not template and any(self.rule.values["kind"]):
            return f"case {self._kind(self.rule.values['kind'])} when 'real' then 0 else 1 end"
        if not template:
            generator = self._text(self.rule.values["generator"][0], self.failures)
            return f"case when ({generator}) = '' then 0 else 1 end"  # no alias: a table may have that column
        text = self._text(template, self.failures)
        label = f"case {text} when 'real' then 0 when 'fake' then 1 when '0' then 0 when '1' then 1 end"
        if templates.constant_text(template) is None:
            self.failures.append(when(f"({label}) is null", "missing_in_map", f"'neither real nor fake: ' || {text}"))
        return label

    def _kind(self, values: Sequence[Template]) -> str:
        """Return the kind of an image; by default, fake images are synthetic."""
        template = values[0]
        if not template:
            return f"case {self._label(self.rule.values['label'])} when 0 then 'real' else 'synthetic' end"
        text = self._text(template, self.failures)
        kinds = ", ".join(map(literal, KINDS))
        if templates.constant_text(template) is None:
            detail = f"'none of real, synthetic, tampered: ' || {text}"
            self.failures.append(when(f"{text} not in ({kinds})", "missing_in_map", detail))
        return text

    def _map(self, column: str) -> str:
        """Return the entries of a map, without those that are empty."""
        entries = [
            f"{{'key': {literal(key)}, 'value': {self._text(template, self.gaps)}}}"
            for key, template in sorted(self.rule.maps.get(column, {}).items())
        ]
        if not entries:
            return "cast(map() as map(varchar, varchar))"
        return f"map_from_entries(list_filter([{', '.join(entries)}], lambda entry: entry.value <> ''))"

    def _text(self, template: Template, failures: list[str]) -> str:
        """Return the value of a template, composed of the columns of its placeholders; NULL if one of them is missing.

        WHEN clauses for missing values are added to ``failures``.
        """
        parts = [literal(part) if isinstance(part, str) else self._value(part, failures) for part in template]
        return " || ".join(parts) or "''"

    def _value(self, placeholder: Placeholder, failures: list[str]) -> str:
        """Return the column of a placeholder; add it to the SELECT the first time."""
        name = str(placeholder)
        self.values.setdefault(name, self.expressions.of(placeholder))
        if placeholder.fallback is None:
            clauses = self.expressions.failures(placeholder, f"{quoted(name)} is null")
            failures.extend(clause for clause in clauses if clause not in failures)
        return quoted(name)

    def _problem(self) -> str:
        """Return the first problem of an image as a struct of code and detail: a failed lookup or a bad file_id."""
        file_id = self._text(self.rule.values["file_id"][0], self.failures)
        bad_id = f"'file_id has a control character: ' || {file_id}"
        self.failures.append(when(f"regexp_matches({file_id}, {_CONTROL})", "bad_file_id", bad_id))
        return _first(["when keep_problem is not null then keep_problem", *self.failures])


def _first(clauses: Sequence[str]) -> str:
    """Return the struct of the first WHEN clause that holds; NULL if none does."""
    if not clauses:
        return NO_PROBLEM
    return f"case\n{indented(chr(10).join(clauses))}\nend"
