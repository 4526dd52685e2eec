"""Reasons why a member cannot be read (``member.problem``) -> the codes of their findings."""

SYMBOLIC_LINK = "symbolic link"
CODES = {
    "encrypted": "encrypted",
    SYMBOLIC_LINK: "not-a-file",
    "hard link": "hard-link",
    "not a file": "not-a-file",
    "sparse file": "sparse",
    "method not supported": "method",
    "no data": "empty",
    "over the size limit": "limit",
    "truncated": "truncated",
    "volume missing": "volume-missing",
    "header damaged": "header-damaged",
    "bytes out of place": "out-of-place",
}
