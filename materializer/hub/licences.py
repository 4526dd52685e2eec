"""Which licences of sources let everybody pass the images on."""

import re
from collections.abc import Iterable

from materializer.dataset.card.facts import CardOrigin

# A text that also names other terms, or states that nothing was verified, does not match.
_PERMITS_REDISTRIBUTION = re.compile(
    r"(CC0|CC BY(-NC)?(-SA|-ND)?|MIT|Apache|BSD-[23]-Clause|BSD|ODC-BY|ODbL|PDDL|public domain)([ -]\d(\.\d)?)?",
    re.IGNORECASE,
)


def restricted_sources(sources: Iterable[CardOrigin]) -> list[str]:
    """Return a line for each source whose licence does not clearly permit redistribution, in name order."""
    return sorted(
        f"{source.source} ({source.licence or 'no licence stated'})"
        for source in sources
        if not _PERMITS_REDISTRIBUTION.fullmatch(source.licence.strip())
    )
