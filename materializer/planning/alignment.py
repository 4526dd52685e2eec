"""Take the table ``[align]`` of a selection's recipe into the settings of a build."""

import tomllib
from dataclasses import replace

from indexer.base.errors import ConfigError
from indexer.base.toml_fields import Fields, Problems
from indexer.images.rendition import rendition_of
from indexer.manifest.store import Store
from materializer.further_columns import image_columns
from materializer.models import Pixels, Request
from materializer.planning.paired_encodings import digest_of, paired_encodings


def aligned(store: Store, request: Request) -> Request:
    """Return the request with the rendition that the recipe of its selection has, if any.

    The recipe of an imported selection is untrusted: it is checked again.

    Raises:
        ConfigError: the rendition is invalid, or the request converts images in another way.
        RecipeError: fakes are to be encoded as their real images are, which were not inspected.
    """
    recipes = store.rows("plan/recipe", {"selection": request.selection})
    table = _table(recipes[0][0]) if recipes else None
    if not table:
        return request
    problems = Problems()
    rendition = rendition_of(Fields(table, f"the recipe of '{request.selection}'", "align", problems))
    problems.refuse(ConfigError)
    if request.settings.pixels is not Pixels.RGB:
        raise ConfigError(
            f"the recipe of '{request.selection}' has [align] ({rendition}), which encodes all images anew:"
            " omit --pixels"
        )
    if image_columns(request.settings.columns):
        raise ConfigError(
            f"the recipe of '{request.selection}' has [align] ({rendition}), and companions would no longer fit their"
            " images: omit companions in --columns"
        )
    if rendition is None or not rendition.as_real:
        return replace(request, settings=replace(request.settings, align=rendition))
    encodings = paired_encodings(store, request)
    rendition = replace(rendition, pairs=digest_of(encodings))
    return replace(request, settings=replace(request.settings, align=rendition), encodings=encodings)


def _table(recipe: str) -> dict[str, object] | None:
    """Return the table of a recipe; None if it has none, or if the selection was made from something else."""
    try:
        table = tomllib.loads(recipe).get("align")
    except (ValueError, RecursionError):
        return None
    return table if isinstance(table, dict) else None
