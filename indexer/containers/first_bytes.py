"""Name files that are not what their names promise, by their first bytes or their suffix."""

import re

_MARKUP = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,400}?-->\s*)?<(?:!doctype html|html|head|body|script|title|meta|div|h1)\b",
    re.I | re.DOTALL,
)
_POINTER = b"version https://git-lfs.github.com/spec/"
_PLACEHOLDER_SIZE = 1 << 10  # bytes: pointers of Git LFS are shorter
# Suffixes that programs give to downloads until they are finished.
_UNFINISHED = re.compile(
    r"(?i)(?P<name>.+)\.(?:part|partial|crdownload|aria2|aria2__temp|incomplete|download|downloading|filepart|!ut|!qb|bc!"
    r"|opdownload|td|xltd|unfinished)"
)
_NOT_READ = {
    "lzop": b"\x89LZO\0\r\n\x1a\n",
    "cab": b"MSCF\0\0\0\0",
    "xar": b"xar!",
    "wim": b"MSWIM\0\0\0",
    "ar": b"!<arch>\n",
    "lrzip": b"LRZI",
    "zpaq": b"7kSt",
    "squashfs": b"hsqs",
    "snappy": b"\xff\x06\0\0sNaPpY",
    "arj": b"\x60\xea",
    "StuffIt": b"StuffIt",
}


def placeholder_of(head: bytes) -> str | None:
    """Return what a file that begins with ``head`` is if something else was to be there, with what to do; else None."""
    if head.startswith(_POINTER):
        return "a Git LFS pointer, not the file itself: run 'git lfs pull'"
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "a web page (HTML), not the file itself: download it again"
    if head.lstrip()[:1] == b"{" and b'"error"' in head:
        return "an error message (JSON), not the file itself: download it again"
    return None


def unfinished_of(path: str) -> str | None:
    """Return the name of the file that a download at ``path`` has when it is finished; None if it is none."""
    found = _UNFINISHED.fullmatch(path)
    return found["name"] if found else None
