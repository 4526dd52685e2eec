"""A rule -> a SELECT over the images whose path it matches."""

import re
from collections.abc import Iterator, Mapping

from indexer.declarations import tables, templates
from indexer.declarations.shapes import BUILTINS, COLUMNS, Chain, Placeholder, Rule, Source, Template
from indexer.declarations.sql import indented, literal, quoted


class RuleCompiler:
    """Compiles one rule; ``columns`` says afterwards which columns of which tables it looks up."""

    def __init__(self, source: Source, rule: Rule) -> None:
        self.name = f"rule_{rule.number}"
        self.rule = rule
        self.maps = source.maps or {}
        self.groups = list(re.compile(rule.path).groupindex)
        self.columns: dict[str, set[str]] = {}
        self.joins: dict[tuple[str, str], str] = {}
        self.values: dict[str, str] = {}
        self.failures: list[str] = []

    def select(self) -> str:
        """One row an image: each placeholder as a column of its own spelling, then what they are put together to."""
        composed = [f"{self._column(column)} as {column}" for column in COLUMNS]
        kept = self._kept()
        values = [f"{expression} as {quoted(name)}" for name, expression in self.values.items()]
        picked = ",\n".join(["member_id, status, reason", *values, *composed, f"{self._problem()} as problem"])
        return f"select\n{indented(picked)}\nfrom {self._from()}{kept}"

    def _from(self) -> str:
        groups = ", ".join(map(literal, self.groups))
        named = f", regexp_extract(path, {literal(self.rule.path)}, [{groups}]) as g" if self.groups else ""
        order = f" left join order_{self.rule.number} using (container_id)" if self.rule.row_order else ""
        rows = f"(select *{named} from image{order} where rule = {self.rule.number})"
        joins = [
            f"\nleft join {tables.name(table)} as {alias} on {alias}.key = {key}"
            for (table, key), alias in self.joins.items()
        ]
        return rows + "".join(joins)

    def _column(self, column: str) -> str:
        templates_of = self.rule.values[column]
        if column == "paired_real_images":
            return f"cast([{', '.join(self._text(template) for template in templates_of)}] as varchar[])"
        if column == "label":
            return self._label(templates_of[0])
        return self._text(templates_of[0])

    def _label(self, template: Template) -> str:
        """1 for a fake. Where nothing is said, what a generator made is fake and what none made is real."""
        if not template:
            return "case when generator = '' then 0 else 1 end"
        text = self._text(template)
        label = f"case {text} when 'real' then 0 when 'fake' then 1 when '0' then 0 when '1' then 1 end"
        if templates.constant(template) is None:
            self.failures.append(_when(f"({label}) is null", "missing_in_map", f"'neither real nor fake: ' || {text}"))
        return label

    def _kept(self) -> str:
        keep = self.rule.keep
        if not keep:
            return ""
        value = self._text(keep.value)
        return f"\nwhere {value} is null or {value} {'=' if keep.equal else '<>'} {literal(keep.to)}"

    def _text(self, template: Template) -> str:
        """A template put together from the columns of its placeholders."""
        parts = [literal(part) if isinstance(part, str) else self._value(part) for part in template]
        return " || ".join(parts) or "''"

    def _value(self, placeholder: Placeholder) -> str:
        """The column of a placeholder, made when it is first asked for."""
        name = str(placeholder)
        if name not in self.values:
            self.values[name] = self._expression(placeholder)
            if placeholder.fallback is None:
                self.failures.extend(self._failure(placeholder, f"{quoted(name)} is null"))
        return quoted(name)

    def _expression(self, placeholder: Placeholder) -> str:
        chains = [self._through(chain) for chain in placeholder.chains]
        if placeholder.fallback is not None:
            chains.append(literal(placeholder.fallback))
        return chains[0] if len(chains) == 1 else f"coalesce({', '.join(chains)})"

    def _through(self, chain: Chain) -> str:
        expression = self._start(chain.name)
        for step in chain.steps:
            expression = self._step(expression, step)
        return expression

    def _start(self, name: str) -> str:
        if name in self.groups:
            return f"g.{quoted(name)}"
        if name in self.rule.let:
            parts = self.rule.let[name]
            inner = [literal(part) if isinstance(part, str) else self._expression(part) for part in parts]
            return f"({' || '.join(inner)})"
        return f"({BUILTINS[name]})"

    def _step(self, expression: str, step: str) -> str:
        found = templates.lookup(step)
        if found:
            table, column = found
            self.columns.setdefault(table, set()).add(column)
            alias = self.joins.setdefault((table, expression), f"t{len(self.joins) + 1}")
            return f"{alias}.{quoted(column)}"
        if step in self.maps:
            return _case(expression, self.maps[step])
        return templates.FUNCTIONS[step].format(expression)

    def _problem(self) -> str:
        """The first thing that was looked up in vain, as a struct of code and detail."""
        if not self.failures:
            return "cast(null as struct(code varchar, detail varchar))"
        return f"case\n{indented(chr(10).join(self.failures))}\nend"

    def _failure(self, placeholder: Placeholder, test: str) -> Iterator[str]:
        """What to say where ``test`` holds: the first step of its last chain that found nothing, and for what."""
        chain = placeholder.chains[-1]
        expression = self._start(chain.name)
        for inner in self.rule.let.get(chain.name, ()):
            if isinstance(inner, Placeholder) and inner.fallback is None:
                yield from self._failure(inner, f"{test} and {self._expression(inner)} is null")
        if chain.name == "row":
            yield _when(test, "incomplete", literal("a file before this one is missing, so its row cannot be counted"))
        for step in chain.steps:
            found = self._step(expression, step)
            told = f"{literal(f'{placeholder}: {step} has nothing for ')} || coalesce({expression}, '')"
            yield _when(f"{test} and {found} is null", self._code(step), told)
            expression = found

    def _code(self, step: str) -> str:
        if templates.lookup(step):
            return "missing_in_table"
        return "missing_in_map" if step in self.maps else "unmatched"


def _when(test: str, code: str, detail: str) -> str:
    return f"when {test} then {{'code': '{code}', 'detail': {detail}}}"


def _case(expression: str, entries: Mapping[str, str]) -> str:
    """A map's entry for a value; the entry '*' stands for all others, '{}' in it for the value."""
    whens = " ".join(f"when {literal(key)} then {literal(entry)}" for key, entry in entries.items() if key != "*")
    other = ""
    if "*" in entries:
        before, braces, after = entries["*"].partition("{}")
        value = f"{literal(before)} || {expression} || {literal(after)}" if braces else literal(before)
        other = f" else {value}"
    return f"case {expression} {whens}{other} end" if whens else f"case when true then null{other} end"
