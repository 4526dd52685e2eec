"""Read ``local.cfg``: the paths of this machine.

The format is that of the original AI-GenBench scripts (INI, section ``[paths]``), whose files work unchanged.
"""

import configparser
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexer.base.errors import ConfigError, reason_of
from indexer.base.path_sources import PathSource
from indexer.base.remote import Root, Url, as_root
from indexer.base.suggestions import closest, did_you_mean

MANDATORY = ("input_datasets_path", "output_path", "tmp_cache_dir", "intermediate_outputs_path")
OPTIONAL = ("declarations_path",)
SECTIONS = ("paths", "limits", "database")
NAME = Path("local.cfg")
VARIABLE = "INDEXER_CONFIG"  # environment variable: the file that is used if no folder above has one


@dataclass(frozen=True, slots=True)
class Config:
    """Paths of this machine. ``sources`` maps the key of a source to its path or address in local.cfg.

    ``limits`` and ``database`` are the unparsed lines of those sections. ``path_sources`` are the sources of ``scan
    PATH`` in the manifest that is used.
    """

    file: Path
    input_datasets_path: Path
    output_path: Path
    tmp_cache_dir: Path
    intermediate_outputs_path: Path
    declarations_path: Path | None
    sources: Mapping[str, Root]
    limits: Mapping[str, str] = field(default_factory=dict)
    database: Mapping[str, str] = field(default_factory=dict)
    path_sources: tuple[PathSource, ...] = ()

    @property
    def manifest_path(self) -> Path:
        """The path of the manifest if ``--manifest-db`` is not given."""
        return self.intermediate_outputs_path / "manifest.duckdb"

    def root(self, key: str, default_folder: str) -> Root:
        """Return the path of the source ``key``: its line in local.cfg, or its folder below ``input_datasets_path``."""
        return self.named.get(key, self.input_datasets_path / default_folder)

    @property
    def named(self) -> dict[str, Root]:
        """The roots that local.cfg or ``scan PATH`` names."""
        return {**{source.key: source.root for source in self.path_sources}, **self.sources}

    def refuse_unknown(self, known: set[str]) -> None:
        """Refuse keys that are not the key of a source.

        Raises:
            ConfigError: lists every such key and the closest known one.
        """
        unknown = [_suggest(key, known | set(MANDATORY) | set(OPTIONAL)) for key in self.sources if key not in known]
        if unknown:
            raise ConfigError(f"{self.file}: {'; '.join(unknown)}")


def _suggest(key: str, known: set[str]) -> str:
    hint = did_you_mean(key, known)
    advice = f" ({hint})" if hint else ": no declaration has this key; add your own declarations to declarations_path"
    return f"unknown key '{key}' in [paths]{advice}"


def find() -> Path:
    """Return the configuration file: ``local.cfg`` in the working folder or above it, else that of $INDEXER_CONFIG.

    The file does not exist if there is none (``local.cfg``), or if the variable names a missing one.
    """
    folder = Path.cwd()
    above = next((parent / NAME for parent in folder.parents if (parent / NAME).is_file()), None)
    named = os.environ.get(VARIABLE)
    return NAME if NAME.exists() else above or (expanded(named, f"${VARIABLE} = ") if named else NAME)


def without_file() -> Config:
    """Return the configuration for work without a file: the manifest and its outputs are in the working folder."""
    here = Path()
    return Config(NAME, here, here, Path(tempfile.gettempdir()), here, None, {})


def load(file: Path) -> Config:
    """Read ``local.cfg``.

    Raises:
        ConfigError: it does not exist, is not an INI file, lacks mandatory keys (the message lists all), or has an
            address for a path that must be a folder of this machine.
    """
    paths, limits, database = _sections(file)
    missing = [key for key in MANDATORY if not paths.get(key)]
    if missing:
        raise ConfigError(f"{file}: [paths] lacks {', '.join(missing)}: see local.cfg.example")
    base = file.resolve().parent
    roots = {key: _path(f"{file}: {key} = ", value, base) for key, value in paths.items() if value}
    sources = {key: root for key, root in roots.items() if key not in MANDATORY + OPTIONAL}
    own = {key: _own(file, key, roots[key]) for key in MANDATORY + OPTIONAL if key in roots}
    return Config(
        file,
        own["input_datasets_path"],
        own["output_path"],
        own["tmp_cache_dir"],
        own["intermediate_outputs_path"],
        own.get("declarations_path"),
        sources,
        limits,
        database,
    )


def _sections(file: Path) -> list[dict[str, str]]:
    """Return the lines of ``[paths]``, and of the optional sections."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        text = file.read_text(encoding="utf-8-sig")
        parser.read_string(text, source=str(file))
        _refuse_slips(file, parser.sections())
        others = [dict(parser[name]) if parser.has_section(name) else {} for name in SECTIONS[1:]]
        return [dict(parser["paths"]), *others]
    except FileNotFoundError:
        raise ConfigError(f"{file} does not exist: copy local.cfg.example to it, or name one with --config") from None
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise ConfigError(f"{file} cannot be read: {reason_of(error)}") from error
    except KeyError:
        raise ConfigError(f"{file} has no section [paths]: see local.cfg.example") from None


def _refuse_slips(file: Path, sections: Iterable[str]) -> None:
    """Refuse misspelt sections. Other unknown sections belong to other programs."""
    for section in sections:
        near = closest(section, SECTIONS)
        if near and section not in SECTIONS:
            raise ConfigError(f"{file}: unknown section [{section}] (did you mean [{near}]?)")


def _path(where: str, value: str, base: Path) -> Root:
    """Return an address, or a path without quotes, with ``~`` expanded, relative to the folder of the file."""
    unquoted = value.strip().strip("\"'")
    return as_root(unquoted) or base / expanded(unquoted, where)


def expanded(path: str | Path, where: str = "") -> Path:
    """Return ``path`` with ``~`` expanded. ``where`` is the beginning of an error message.

    Raises:
        ConfigError: the home folder does not exist.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"{where}{path}: there is no such home folder; write the full path") from None


def _own(file: Path, key: str, root: Root) -> Path:
    if isinstance(root, Url):
        raise ConfigError(f"{file}: {key} = {root} must be a folder of this machine; only sources can be addresses")
    return root
