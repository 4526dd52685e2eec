"""Settings of the manifest's database: section ``[database]`` of local.cfg."""

from collections.abc import Mapping

from indexer.base.errors import ConfigError
from indexer.base.quantities import parse_quantity
from indexer.base.suggestions import nearest
from indexer.manifest.connecting import DatabaseSettings

# The setting in local.cfg, and DuckDB's name for it.
_SETTINGS = {"memory": "memory_limit", "threads": "threads"}


def read_database_settings(texts: Mapping[str, str]) -> DatabaseSettings:
    """Return DuckDB's settings for the values in ``texts``.

    Raises:
        ConfigError: a setting is unknown, or its value is not a number.
    """
    numbers = {name: _number(name, text) for name, text in texts.items()}
    return {_SETTINGS[name]: f"{number}B" if name == "memory" else number for name, number in numbers.items()}


def _number(name: str, text: str) -> int:
    if name not in _SETTINGS:
        raise ConfigError(f"unknown setting '{name}': {nearest(name, _SETTINGS)}")
    try:
        return int(parse_quantity(text))
    except ValueError as error:
        raise ConfigError(f"{name}: {error}: write it as {'8GiB' if name == 'memory' else '4'}") from None
