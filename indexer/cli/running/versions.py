"""``--version``: print the versions of this program and its main dependencies."""

import platform
import sys

import click

from indexer.base.version import __version__

# Crafted RAR, ISO, xar and gzip files crash or hang older versions.
_SAFE_LIBARCHIVE = (3, 8, 9)


def print_versions(ctx: click.Context, _: click.Parameter, requested: bool) -> None:
    """Print the versions and exit. Warn on standard error if libarchive is missing or old."""
    if not requested or ctx.resilient_parsing:
        return
    from importlib import metadata  # noqa: PLC0415 - few runs need it

    libarchive = libarchive_version()
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in ("duckdb", "pyarrow", "pillow", "datasets"))
    print(f"{ctx.command.name} {__version__}")
    print(f"Python {platform.python_version()}, {packages}, libarchive {_dotted(libarchive) or 'not found'}")
    if libarchive is None or libarchive < _SAFE_LIBARCHIVE:
        print(_warning(libarchive), file=sys.stderr)
    ctx.exit()


def libarchive_version() -> tuple[int, int, int] | None:
    """Return the version of the system's libarchive, or of the library in the variable LIBARCHIVE; None without one."""
    try:
        from libarchive import ffi  # noqa: PLC0415 - it may be missing, and few commands need it
    except (ImportError, OSError):
        return None
    number = int(ffi.version_number())  # 3006002 is 3.6.2
    return number // 1_000_000, number // 1_000 % 1_000, number % 1_000


def _warning(found: tuple[int, int, int] | None) -> str:
    if found is None:
        return "warning: libarchive is missing, so 7z, rar and compressed tar cannot be read: install libarchive-tools"
    return (
        f"warning: libarchive {_dotted(found)} is older than {_dotted(_SAFE_LIBARCHIVE)}: crafted archives can crash or"
        " hang it, which fails one task and leaves the run intact"
    )


def _dotted(version: tuple[int, int, int] | None) -> str:
    return ".".join(map(str, version)) if version else ""
