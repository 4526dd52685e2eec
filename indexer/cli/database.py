"""What the manifest's database may take of this machine: section ``[database]`` of local.cfg."""

from collections.abc import Mapping

from indexer.base.errors import ConfigError
from indexer.base.suggestions import nearest
from indexer.cli import sizes
from indexer.manifest.store import DatabaseSettings

# As users call them, and as DuckDB does.
_SETTINGS = {"memory": "memory_limit", "threads": "threads"}


def read_database(texts: Mapping[str, str]) -> DatabaseSettings:
    """What ``texts`` set, in DuckDB's words; what they leave out is as DuckDB has it.

    Raises:
        ConfigError: no setting is called so, or a value is no number.
    """
    numbers = {name: _number(name, text) for name, text in texts.items()}
    return {_SETTINGS[name]: f"{number}B" if name == "memory" else number for name, number in numbers.items()}


def _number(name: str, text: str) -> int:
    if name not in _SETTINGS:
        raise ConfigError(f"no setting is called '{name}': {nearest(name, _SETTINGS)}")
    try:
        return int(sizes.parse(text))
    except ValueError as error:
        raise ConfigError(f"{name}: {error}: write it as {'8GiB' if name == 'memory' else '4'}") from None
