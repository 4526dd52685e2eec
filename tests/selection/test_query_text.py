"""Texts of users in larger statements."""

import pytest

from indexer.selection.query_text import trimmed


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("select 1;", "select 1"),
        ("select 1 ; ;\n-- all; done\n/* ; */ ;", "select 1"),
        ("select 1 -- one\r\nfrom t; -- two", "select 1 -- one\r\nfrom t"),
        ("select 'a; -- b'", "select 'a; -- b'"),
        ("select 'it''s; /*' -- ';'", "select 'it''s; /*'"),
        ("select e'\\'; -- ' ; ", "select e'\\'; -- '"),
        ('select 1 as "a;--";', 'select 1 as "a;--"'),
        ("select $$ ; -- $$;", "select $$ ; -- $$"),
        ("select $q$ ; $$ -- $q$;", "select $q$ ; $$ -- $q$"),
        ("select 1; select 2;", "select 1; select 2"),
        ("select 2 - -1 / 3 -> 'x';", "select 2 - -1 / 3 -> 'x'"),
        (" ; -- nothing", ""),
    ],
)
def test_semicolons_and_comments_at_the_end_are_cut(text: str, kept: str) -> None:
    assert trimmed(text) == kept
