"""HTML for notebooks: tables, and grids of thumbnails. Texts are untrusted and are escaped."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from indexer.reporting.models import MissingThumbnail, Thumbnail, ThumbnailResult

_LONGEST = 80  # characters of a value


def table_html(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as an HTML table; long values are cut."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(_text(value))}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def grid_html(title: str, pictures: Iterable[tuple[str, ThumbnailResult]]) -> str:
    """Return thumbnails with captions that end in the last part of each file_id; the whole id is the tooltip."""
    cells = "".join(
        '<figure style="display:inline-block;width:128px;margin:4px;vertical-align:top">'
        f'{_picture(result)}<figcaption title="{escape(name)}" style="font-size:10px;overflow:hidden;'
        f'text-overflow:ellipsis;white-space:nowrap;direction:rtl">{escape(name)}</figcaption></figure>'
        for name, result in pictures
    )
    return f"<div><p>{escape(title)}</p>{cells}</div>"


def _picture(result: ThumbnailResult) -> str:
    if isinstance(result, MissingThumbnail):
        return f'<div style="width:128px;height:96px;background:#eee;font-size:10px">{escape(result.reason)}</div>'
    assert isinstance(result, Thumbnail)  # noqa: S101 - the other member of the union
    data = base64.b64encode(result.data).decode()
    return f'<img style="max-width:128px;max-height:128px" src="data:{result.media};base64,{data}">'


def _text(value: Any) -> str:
    text = "NULL" if value is None else f"{value:,}" if type(value) is int else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
