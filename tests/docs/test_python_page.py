"""The examples of docs/python.md print what the page shows, and the notebook runs."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"
_EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.usefixtures("pictures")
def test_examples_print_what_the_page_shows() -> None:
    examples = _EXAMPLE.findall((DOCS / "python.md").read_text(encoding="utf-8"))
    assert len(examples) > 7
    names: dict[str, Any] = {}
    for code, expected in examples:
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            exec(code, names)
        assert shown.getvalue() == expected


@pytest.mark.slow
@pytest.mark.usefixtures("pictures")
def test_the_notebook_runs() -> None:
    """Every cell is executed in one namespace, and its last expression is shown as Jupyter does."""
    cells = json.loads((DOCS / "quickstart.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    shown = [_run("".join(cell["source"]), names) for cell in cells if cell["cell_type"] == "code"]
    assert any("<table>" in html for html in shown)
    assert any('src="data:image/webp;base64,' in html for html in shown)


def _run(code: str, names: dict[str, Any]) -> str:
    *lines, last = code.rstrip().split("\n")
    exec("\n".join(lines), names)
    try:
        value = eval(last, names)
    except SyntaxError:
        exec(last, names)
        return ""
    render = getattr(value, "_repr_html_", None)
    return str(render()) if render else repr(value)
