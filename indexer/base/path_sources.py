"""The sources that ``scan PATH`` makes: their keys and roots, in a TOML file next to the manifest.

The manifest itself depends on no folder of this machine.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from indexer.base import durable
from indexer.base.errors import ConfigError, reason_of
from indexer.base.remote import Root, as_root
from indexer.base.toml_text import toml_string

_HEAD = "# The sources of 'scan PATH'. Correct a root if a folder was moved; remove a source to forget it.\n"


@dataclass(frozen=True, slots=True)
class PathSource:
    """One PATH: ``key`` names the source, ``name`` begins its file_ids, ``root`` is absolute."""

    key: str
    name: str
    root: Root


def file_for(manifest: Path) -> Path:
    """Return the file with the path sources of a manifest."""
    return manifest.with_name(f"{manifest.name}.sources.toml")


def read(manifest: Path) -> tuple[PathSource, ...]:
    """Return the path sources of a manifest, sorted by key; none if there is no file.

    Raises:
        ConfigError: the file cannot be read.
    """
    file = file_for(manifest)
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
        return tuple(
            PathSource(key, given["name"], as_root(given["root"]) or Path(given["root"]))
            for key, given in sorted(entries.items())
        )
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{file} cannot be read ({reason_of(error)}): correct it, or delete it and scan again"
        ) from error


def write(manifest: Path, sources: Iterable[PathSource]) -> None:
    """Replace the path sources of a manifest.

    Raises:
        OutputError: the file cannot be written.
    """
    entries = [
        f"\n[{toml_string(source.key)}]\nname = {toml_string(source.name)}\nroot = {toml_string(str(source.root))}\n"
        for source in sorted(sources, key=lambda source: source.key)
    ]
    durable.write_bytes(file_for(manifest), (_HEAD + "".join(entries)).encode())
