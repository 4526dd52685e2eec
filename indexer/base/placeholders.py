"""Recognise a web page, an error message or a pointer of Git LFS that is stored instead of a file."""

import re

_MARKUP = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,400}?-->\s*)?<(?:!doctype html|html|head|body|script|title|meta|div|h1)\b",
    re.I | re.DOTALL,
)
_POINTER = b"version https://git-lfs.github.com/spec/"
PLACEHOLDER_SIZE = 4 << 20  # bytes: web pages are smaller
# Pointers of Git LFS are about 130 bytes long.
POINTER_SIZES = (100, 200)


def placeholder_of(head: bytes) -> str | None:
    """Return what a file that begins with ``head`` is if something else was to be there, with what to do; else None."""
    if head.startswith(_POINTER):
        return "a Git LFS pointer, not the file itself: run 'git lfs pull'"
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "a web page (HTML), not the file itself: download it again"
    if head.lstrip()[:1] == b"{" and b'"error"' in head:
        return "an error message (JSON), not the file itself: download it again"
    return None
