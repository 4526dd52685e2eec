"""A rule -> a SELECT over the images whose path it matches."""

import re

from indexer.declarations import templates
from indexer.declarations.expressions import Expressions, when
from indexer.declarations.models import COLUMNS, Placeholder, Rule, Source, Template
from indexer.declarations.sql import indented, literal, quoted

_CONTROL = literal(r"[\x00-\x1f\x7f]")  # ids stand on lines, of lists and of what digests are made of


class RuleCompiler:
    """Compiles one rule; ``expressions.columns`` says afterwards which columns of which tables it looks up."""

    def __init__(self, source: Source, rule: Rule) -> None:
        self.name = f"rule_{rule.number}"
        self.rule = rule
        self.groups = list(re.compile(rule.path).groupindex)
        self.expressions = Expressions(source, self.groups, rule.let)
        self.values: dict[str, str] = {}
        self.failures: list[str] = []

    def select(self) -> str:
        """One row an image: each placeholder as a column of its own spelling, then what they are put together to."""
        composed = [f"{self._column(column)} as {column}" for column in COLUMNS]
        values = [f"{expression} as {quoted(name)}" for name, expression in self.values.items()]
        picked = ",\n".join(["member_id, status, reason", *values, *composed, f"{self._problem()} as problem"])
        return f"select\n{indented(picked)}\nfrom {self._rows()}{self.expressions.joins}"

    def _rows(self) -> str:
        groups = ", ".join(map(literal, self.groups))
        named = f", regexp_extract(path, {literal(self.rule.path)}, [{groups}]) as g" if self.groups else ""
        return f"(select *{named} from image where rule = {self.rule.number})"

    def _column(self, column: str) -> str:
        values = self.rule.values[column]
        if column == "paired_real_images":
            if templates.is_list(values):
                return self._list(values[0])
            return f"cast([{', '.join(self._text(template) for template in values)}] as varchar[])"
        if column == "label":
            return self._label(values[0])
        return self._text(values[0])

    def _list(self, template: Template) -> str:
        """The elements of a JSON list."""
        text = self._text(template)
        elements = f"try_cast(try_cast({text} as json) as varchar[])"
        self.failures.append(when(f"{elements} is null", "unmatched", f"'paired_real_images is no list: ' || {text}"))
        return elements

    def _label(self, template: Template) -> str:
        """1 for a fake. Where nothing is said, what a generator made is fake and what none made is real."""
        if not template:
            return "case when generator = '' then 0 else 1 end"
        text = self._text(template)
        label = f"case {text} when 'real' then 0 when 'fake' then 1 when '0' then 0 when '1' then 1 end"
        if templates.constant(template) is None:
            self.failures.append(when(f"({label}) is null", "missing_in_map", f"'neither real nor fake: ' || {text}"))
        return label

    def _text(self, template: Template) -> str:
        """A template put together from the columns of its placeholders."""
        parts = [literal(part) if isinstance(part, str) else self._value(part) for part in template]
        return " || ".join(parts) or "''"

    def _value(self, placeholder: Placeholder) -> str:
        """The column of a placeholder, made when it is first asked for."""
        name = str(placeholder)
        if name not in self.values:
            self.values[name] = self.expressions.of(placeholder)
            if placeholder.fallback is None:
                self.failures.extend(self.expressions.failures(placeholder, f"{quoted(name)} is null"))
        return quoted(name)

    def _problem(self) -> str:
        """The first thing that was looked up in vain, or a file_id that is no line, as a struct of code and detail."""
        file_id = self._text(self.rule.values["file_id"][0])
        is_no_line = when(f"regexp_matches({file_id}, {_CONTROL})", "bad_file_id", f"'more than a line: ' || {file_id}")
        self.failures.append(is_no_line)
        return f"case\n{indented(chr(10).join(['when unkept is not null then unkept', *self.failures]))}\nend"
