"""Limits for untrusted files: defaults, overridden by ``[limits]`` of local.cfg, overridden by ``--limit``."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from indexer.base.errors import ConfigError
from indexer.base.quantities import parse_quantity
from indexer.base.suggestions import nearest
from indexer.containers.models import ArchiveLimits
from indexer.images import ImageLimits

# An image at the pixel limit needs 3 GB while its 16-bit samples are converted to 8 bits.
_MEMORY = 8 << 30


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """All limits. ``memory`` is in bytes, for the tasks of one worker process of this machine."""

    archives: ArchiveLimits = field(default_factory=ArchiveLimits)
    images: ImageLimits = field(default_factory=ImageLimits)
    memory: int = _MEMORY


# The limit in local.cfg, and the field of ImageLimits that it sets.
_IMAGE_LIMITS = {"pixels": "pixels", "image_seconds": "seconds"}
_ARCHIVE_LIMITS = tuple(entry.name for entry in dataclasses.fields(ArchiveLimits))
LIMIT_NAMES = (*_ARCHIVE_LIMITS, *_IMAGE_LIMITS, "memory")


def read_limits(texts: Mapping[str, str], defaults: LimitOptions = LimitOptions()) -> LimitOptions:
    """Return the limits in ``texts``, and ``defaults`` for the others.

    Raises:
        ConfigError: a limit is unknown, or its value is not a number.
    """
    values = {name: _number(name, text) for name, text in texts.items()}
    archives = {name: values[name] for name in _ARCHIVE_LIMITS if name in values}
    images = {target: values[name] for name, target in _IMAGE_LIMITS.items() if name in values}
    memory = int(values.get("memory", defaults.memory))
    return LimitOptions(replace(defaults.archives, **archives), replace(defaults.images, **images), memory)  # type: ignore[arg-type]


def _number(name: str, text: str) -> float | int:
    if name not in LIMIT_NAMES:
        raise ConfigError(f"unknown limit '{name}': {nearest(name, LIMIT_NAMES)}")
    try:
        number = parse_quantity(text)
    except ValueError as error:
        raise ConfigError(f"limit {name}: {error}: write it as 500MB, 2GiB or 1000000") from None
    return int(number) if number.is_integer() else number


def parse_pairs(texts: tuple[str, ...]) -> dict[str, str]:
    """Return ``NAME=VALUE`` texts as a mapping.

    Raises:
        ConfigError: a text has no '='.
    """
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise ConfigError(f"--limit {wrong[0]}: write it as NAME=VALUE, as in pixels=200000000")
    return {name.strip(): value for name, _, value in (text.partition("=") for text in texts)}
