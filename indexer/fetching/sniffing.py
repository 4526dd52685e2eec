"""Detect the type of a body by its first bytes; the server's Content-Type is ignored."""

from indexer.base.errors import BadData

HEAD = 64  # bytes that are examined

# Signatures of the formats' own specifications; RIFF and ISO media files need their brand as well.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tif"),
    (b"MM\x00*", "tif"),
    (b"II+\x00", "tif"),
    (b"MM\x00+", "tif"),
    (b"BM", "bmp"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xffO\xffQ", "jp2"),
)
_BRANDS = {b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic"}
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<title", b"<meta", b"<h1", b"<div", b"<!--")


def image_type(head: bytes) -> str:
    """Return the usual suffix of the image that starts with ``head`` (its first 64 bytes): ``jpg``, ``png``, ``tif``.

    Raises:
        BadData: ``head`` starts no image; the reason names the type where it is known.
    """
    for signature, suffix in _SIGNATURES:
        if head.startswith(signature):
            return suffix
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp" and head[8:12] in _BRANDS:
        return _BRANDS[head[8:12]]
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
