"""Names of the compression methods of zip and 7z, as they stand in ``member.method``.

Zip: APPNOTE.TXT 6.3.10, 4.4.5. A method that is not among READABLE is listed and cannot be read.
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
    """The name of a zip method; unknown ones are called ``method-17``."""
    return ZIP_METHODS.get(number, f"method-{number}")
