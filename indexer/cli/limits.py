"""How much strangers' files may ask for: defaults, changed by ``[limits]`` of local.cfg, changed by ``--limit``."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from indexer.base.errors import ConfigError
from indexer.base.suggestions import nearest
from indexer.cli import sizes
from indexer.containers.models import ArchiveLimits
from indexer.images import ImageLimits

# A worker process may have that many bytes: a picture at the pixel limit takes 3 GB while 16 bits are scaled to 8.
_MEMORY = 8 << 30


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """All limits. ``memory`` is in bytes, for the tasks of one worker process of this machine."""

    archives: ArchiveLimits = field(default_factory=ArchiveLimits)
    images: ImageLimits = field(default_factory=ImageLimits)
    memory: int = _MEMORY


# What a limit is called by users, and the field it sets.
_OF_IMAGES = {"pixels": "pixels", "image_seconds": "seconds"}
_OF_ARCHIVES = tuple(entry.name for entry in dataclasses.fields(ArchiveLimits))
NAMES = (*_OF_ARCHIVES, *_OF_IMAGES, "memory")


def read_limits(texts: Mapping[str, str], others: LimitOptions = LimitOptions()) -> LimitOptions:
    """The limits that ``texts`` set, and the ``others``.

    Raises:
        ConfigError: no limit is called so, or a value is no number.
    """
    values = {name: _number(name, text) for name, text in texts.items()}
    archives = {name: values[name] for name in _OF_ARCHIVES if name in values}
    images = {target: values[name] for name, target in _OF_IMAGES.items() if name in values}
    memory = int(values.get("memory", others.memory))
    return LimitOptions(replace(others.archives, **archives), replace(others.images, **images), memory)  # type: ignore[arg-type]


def _number(name: str, text: str) -> float | int:
    if name not in NAMES:
        raise ConfigError(f"no limit is called '{name}': {nearest(name, NAMES)}")
    try:
        number = sizes.parse(text)
    except ValueError as error:
        raise ConfigError(f"limit {name}: {error}: write it as 500MB, 2GiB or 1000000") from None
    return int(number) if number.is_integer() else number


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE`` texts as a mapping.

    Raises:
        ConfigError: one is no such pair.
    """
    wrong = [text for text in given if "=" not in text]
    if wrong:
        raise ConfigError(f"--limit {wrong[0]}: write it as NAME=VALUE, as in pixels=200000000")
    return {name.strip(): value for name, _, value in (text.partition("=") for text in given)}
