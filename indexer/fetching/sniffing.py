"""Detect the type of a body by its first bytes; the server's Content-Type is ignored."""

from indexer.base import image_formats
from indexer.base.errors import BadData

HEAD = 64  # bytes that are examined

_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title", b"<meta", b"<h1", b"<div", b"<!--")


def image_type(head: bytes) -> str:
    """Return the usual suffix of the image that starts with ``head`` (its first 64 bytes): ``jpg``, ``png``, ``tif``.

    Raises:
        BadData: ``head`` starts no image that can be read; the reason names the type where it is known.
    """
    found = image_formats.format_of(head)
    if found and found.decoder:
        return found.suffixes[0]
    raise BadData(_other_type(head), repr(head[:24]))


def _other_type(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return "empty body"
    if text.startswith(_MARKUP):
        return "HTML page instead of an image"
    if text.startswith((b"<svg", b"<?xml")):
        return "XML or SVG instead of an image"
    return "JSON instead of an image" if text.startswith((b"{", b"[")) else "not an image"
