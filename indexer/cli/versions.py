"""``--version``: this program's, and those of what it rests on."""

import platform
import sys
from importlib import metadata

import click

from indexer import __version__

# Before 3.8.9 some crafted RAR, ISO, xar and gzip files crash, hang or end the process that lists them.
_SOUND_LIBARCHIVE = (3, 8, 9)


def show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the versions and leave; an old libarchive is warned about on standard error."""
    if not wanted or ctx.resilient_parsing:
        return
    libarchive = libarchive_version()
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in ("duckdb", "pyarrow", "pillow", "datasets"))
    print(f"{ctx.command.name} {__version__}")
    print(f"Python {platform.python_version()}, {packages}, libarchive {_dotted(libarchive) or 'not found'}")
    if libarchive is None or libarchive < _SOUND_LIBARCHIVE:
        print(_warning(libarchive), file=sys.stderr)
    ctx.exit()


def libarchive_version() -> tuple[int, int, int] | None:
    """The version of the system's libarchive (or of the one that the variable LIBARCHIVE names); None without one."""
    try:
        from libarchive import ffi  # noqa: PLC0415 - not every command needs it, and it may be missing
    except (ImportError, OSError):
        return None
    number = int(ffi.version_number())  # 3006002 is 3.6.2
    return number // 1_000_000, number // 1_000 % 1_000, number % 1_000


def _warning(found: tuple[int, int, int] | None) -> str:
    if found is None:
        return "warning: without libarchive no 7z, rar or compressed tar can be read: install libarchive-tools"
    return (
        f"warning: libarchive {_dotted(found)} is older than {_dotted(_SOUND_LIBARCHIVE)}: some hostile archives crash"
        " or hang it; that costs a worker process and a row each, never the run"
    )


def _dotted(version: tuple[int, int, int] | None) -> str:
    return ".".join(map(str, version)) if version else ""
