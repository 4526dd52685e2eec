"""Complete a declaration by the one that it ``extends``, and by the texts of its ``[parameters]``."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from indexer.base import resources
from indexer.base.suggestions import near

# Facts about the dataset that another declaration describes: they are not taken over.
_OWN = ("key", "default_folder", "homepage", "download", "published", "known_damage")
_PARAMETER = re.compile(r"\$\{(\w+)\}")


def extended(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the tables of a declaration, with those of the one that it ``extends``, and without parameters.

    Tables are merged key by key, and rules of the extended declaration follow the own ones; other values are replaced.
    ``${name}`` in a text is replaced by the parameter ``name``, or by the ``name`` of the source.

    Raises:
        ValueError: the extended declaration does not exist, or a parameter is unknown.
    """
    own = dict(values)
    base = _base(own.pop("extends"), folder) if "extends" in own else values
    merged = _merged({key: value for key, value in base.items() if key not in _OWN}, own)
    if base is not values and all(isinstance(table.get("rule", []), list) for table in (own, base)):
        merged["rule"] = [*own.get("rule", []), *base.get("rule", [])]
    parameters = merged.pop("parameters", {})
    if not isinstance(parameters, dict):
        raise ValueError("[parameters] must be a table")  # noqa: TRY004 - reported with all problems of the file
    unknown = [name for name in own.get("parameters", {}) if name not in base.get("parameters", {})]
    if unknown:
        raise ValueError(f"[parameters]: unknown '{unknown[0]}'{near(unknown[0], set(base.get('parameters', {})))}")
    filled = _filled(merged, {"name": merged.get("name", ""), **parameters})
    return dict(filled)


def _base(name: object, folder: Path) -> dict[str, Any]:
    names = (f"{name}.toml", f"_{name}.toml")
    files = [place / file for place in (folder, resources.sources_folder()) for file in names]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        raise ValueError(f"'extends': there is no {name}.toml in this folder or among the program's declarations")
    base = tomllib.loads(found.read_text(encoding="utf-8"))
    if "extends" in base:
        raise ValueError(f"'extends': {found.name} extends another declaration itself")
    return base


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    both = {key for key in base.keys() & own.keys() if isinstance(base[key], dict) and isinstance(own[key], dict)}
    return {**base, **own, **{key: _merged(base[key], own[key]) for key in both}}


def _filled(value: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, parameters) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, parameters) for inner in value]
    if isinstance(value, str):
        unknown = [name for name in _PARAMETER.findall(value) if name not in parameters]
        if unknown:
            raise ValueError(f"'{value}' uses an unknown parameter '{unknown[0]}'{near(unknown[0], set(parameters))}")
        return _PARAMETER.sub(lambda found: str(parameters[found[1]]), value)
    return value
