"""Find the sources that a command names by their keys."""

from collections.abc import Collection, Sequence

from indexer.base.errors import ConfigError
from indexer.base.suggestions import nearest
from indexer.declarations.models import Source


def sources_of(sources: Sequence[Source], keys: Collection[str], where: str = "") -> list[Source]:
    """Return the sources ``keys``, in their order, or all if there are no keys.

    Raises:
        ConfigError: a key is unknown; the message suggests others, and ``where`` begins it.
    """
    known = {source.key: source for source in sources}
    for key in keys:
        if key not in known:
            longer = "' or '".join(sorted(each for each in known if each.startswith(key)))
            hint = f"did you mean '{longer}'?" if longer else nearest(key, known)
            raise ConfigError(f"{where}unknown source '{key}': {hint}")
    return [known[key] for key in keys] if keys else [*sources]
