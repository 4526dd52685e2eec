"""Put SQL of a user into a larger statement. The texts are untrusted: only the sandbox parses and runs the result."""

import re

# What may follow a statement, or another part of it. Characters in texts and quoted names end nothing.
_TOKEN = re.compile(
    r"""(?P<blank> \s+ | ; | --[^\n]* | /\*.*?\*/ )
    | e'(?: \\. | '' | [^'\\] )*' | '(?: '' | [^'] )*' | "(?: "" | [^"] )*" | \$(\w*)\$.*?\$\2\$ | \w+ | .""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def trimmed(sql: str) -> str:
    """Return a statement without the semicolons, comments and white space at its end."""
    return sql[: max((token.end() for token in _TOKEN.finditer(sql) if not token["blank"]), default=0)]


def subquery(sql: str) -> str:
    """Return a statement in parentheses."""
    return f"(\n{trimmed(sql)}\n)"


def expression(sql: str) -> str:
    """Return an expression that is complete by itself: ``1) or (2``, which parentheses would complete, stays wrong."""
    return f"(case when true then\n{sql}\nend)"
