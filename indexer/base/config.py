"""``local.cfg``: where things lie on this machine.

The format is that of the original AI-GenBench scripts (INI, section ``[paths]``), so their files work unchanged.
"""

import configparser
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexer.base.errors import ConfigError
from indexer.base.remote import Root, Url, as_root
from indexer.base.suggestions import closest

MANDATORY = ("input_datasets_path", "output_path", "tmp_cache_dir", "intermediate_outputs_path")
OPTIONAL = ("declarations_path",)
SECTIONS = ("paths", "limits", "database")


@dataclass(frozen=True, slots=True)
class Config:
    """Paths of this machine. ``sources`` maps a source's key to the path or address that local.cfg names for it.

    ``limits`` and ``database`` are the lines of the sections called so, as they stand there.
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

    @property
    def manifest_path(self) -> Path:
        """Where the manifest lies unless ``--manifest-db`` says otherwise."""
        return self.intermediate_outputs_path / "manifest.duckdb"

    def root(self, key: str, default_folder: str) -> Root:
        """Where the source ``key`` is looked for: its own key, else its folder below ``input_datasets_path``."""
        return self.sources.get(key, self.input_datasets_path / default_folder)

    def refuse_unknown(self, known: set[str]) -> None:
        """Refuse keys that no source is called by.

        Raises:
            ConfigError: names every such key and the nearest known one.
        """
        unknown = [_suggest(key, known | set(MANDATORY) | set(OPTIONAL)) for key in self.sources if key not in known]
        if unknown:
            raise ConfigError(f"{self.file}: {'; '.join(unknown)}")


def _suggest(key: str, known: set[str]) -> str:
    near = closest(key, known)
    hint = f" (did you mean '{near}'?)" if near else ": no declaration has it; your own lie in declarations_path"
    return f"unknown key '{key}' in [paths]{hint}"


def load(file: Path) -> Config:
    """Read ``local.cfg``.

    Raises:
        ConfigError: it is absent, is no INI file, lacks mandatory keys (the message names all of them), or has an
            address where a folder of this machine is needed.
    """
    paths, limits, database = _sections(file)
    missing = [key for key in MANDATORY if not paths.get(key)]
    if missing:
        raise ConfigError(f"{file}: [paths] lacks {', '.join(missing)}: see local.cfg.example")
    base = file.resolve().parent
    places = {key: _place(f"{file}: {key} = ", value, base) for key, value in paths.items() if value}
    sources = {key: place for key, place in places.items() if key not in MANDATORY + OPTIONAL}
    own = {key: _own(file, key, places[key]) for key in MANDATORY + OPTIONAL if key in places}
    known, declarations = {key: own[key] for key in MANDATORY}, own.get("declarations_path")
    return Config(file, **known, declarations_path=declarations, sources=sources, limits=limits, database=database)


def _sections(file: Path) -> list[dict[str, str]]:
    """``[paths]``, and the others, which may be left out."""
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
        raise ConfigError(f"{file} cannot be read: {' '.join(str(error).split())}") from error
    except KeyError:
        raise ConfigError(f"{file} has no section [paths]: see local.cfg.example") from None


def _refuse_slips(file: Path, sections: Iterable[str]) -> None:
    """Sections that are not ours are another program's, but for those that nearly are."""
    for section in sections:
        near = closest(section, SECTIONS)
        if near and section not in SECTIONS:
            raise ConfigError(f"{file}: unknown section [{section}] (did you mean [{near}]?)")


def _place(where: str, value: str, base: Path) -> Root:
    """An address, or a path as the user wrote it: quotes dropped, ``~`` expanded, relative to the file's own folder."""
    unquoted = value.strip().strip("\"'")
    return as_root(unquoted) or base / expanded(unquoted, where)


def expanded(path: str | Path, where: str = "") -> Path:
    """``path`` with the home folder in place of ``~``; ``where`` says for a message what names it.

    Raises:
        ConfigError: nobody has that home.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"{where}{path}: this machine knows no such home folder; write the whole path") from None


def _own(file: Path, key: str, place: Root) -> Path:
    if isinstance(place, Url):
        raise ConfigError(f"{file}: {key} = {place} has to be a folder of this machine; sources may be addresses")
    return place
