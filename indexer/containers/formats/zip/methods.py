"""Names of the compression methods of zip and 7z, as in ``member.method``.

Zip: APPNOTE.TXT 6.3.10, 4.4.5. Members with a method that is not in READABLE are listed but cannot be read.
"""

ZIP_METHODS = {
    0: "stored",
    1: "shrink",
    6: "implode",
    8: "deflate",
    9: "deflate64",
    12: "bzip2",
    14: "lzma",
    20: "zstd",
    93: "zstd",
    95: "xz",
    98: "ppmd",
    99: "aes",
}
READABLE = frozenset({"stored", "deflate", "deflate64", "bzip2", "lzma", "zstd", "xz"})


def zip_method(number: int) -> str:
    """Return the name of a zip method, such as ``method-17`` for an unknown one."""
    return ZIP_METHODS.get(number, f"method-{number}")
