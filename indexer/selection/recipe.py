"""A recipe: the numbers and rules of one dataset, as TOML, independent of layouts and folders.

::

    seed = 7                    # any text or whole number; another seed gives another selection
    per_generator = 100         # images per generator
    per_stratum = 100           # instead of per_generator: images per stratum, real ones included (see [photographs])
    strata = ["extra['class']"] # SQL over the manifest that divides the images; default: generator
    where = "width >= 512"      # SQL over the manifest: only images for which it is true
    sql = "select file_id ..."  # only images that this query returns; without a number of images: all of them, in order
    require = ["positive_prompt"]  # texts that must not be empty; of real images, only description
    exclude = ["locked_test"]   # selections, exports or sources whose pictures must not occur, also as near duplicates
    generators = ["ADM"]        # default: every generator of the manifest
    cap = 0                     # for generators and origins that [caps] does not name; default: no cap
    when_short = "error"        # or "drop": leave out a generator that cannot reach its quota
    spares = 0.02               # spares, as a fraction of the selected images
    origins = ["GenImage/train"]  # which of two duplicates is kept; other origins follow, by name

    [split]                     # fractions, 1 in total
    train = 0.8
    validation = 0.2
    group_by = ["positive_prompt"]  # SQL over the manifest: images that share a value share a split

    [windows]                   # instead of [split]: past and next generators: indexer/selection/windows.py
    size = 4

    [quotas]                    # generators with another number than per_generator
    ADM = 50

    [caps.GenImage]             # maximum number of images of a generator from an origin or section
    ADM = 30

    [sections.GenImage]         # several origins that quotas and caps count as one, or a part of one:
    origins = ["GenImage/train", "GenImage/val"]
    file_id = "/ai/"            # only fakes whose id matches this regular expression; default: all

    [images]
    min_side = 200              # pixels
    max_pixels = 24_883_200

    [duplicates]
    exact = true                # equal bytes
    copies = true               # candidates that may be copies are inspected: a picture in ten copies counts once
    on_conflict = "drop"        # a picture under both labels: take none of them; or "keep_first", which is the fake
    radius = 4                  # near duplicates: bits of 64 in which hashes may differ; -1: none are searched
    turned = false              # near duplicates that are mirrored, or turned by 90 degrees, too
    across_labels = false       # near duplicates of different labels: drop one of them
    within_groups = false       # near duplicates that belong together (a pair, a declared group): drop one of them

    [groups]                    # images that share a split
    prompts = true              # fakes of one prompt, unless a generator used it more than four times

    [photographs]               # real images; with per_stratum none are added without this table
    per_fake = 1.0              # per fake; 0: none
    origins = ["COCO2017_train"]  # default: all

    [match]                     # real images with the traits of the fakes: indexer/selection/match/models.py
    on = ["format", "jpeg_quality", "long_side"]

    [align]                     # a build encodes all images anew: indexer/images/rendition.py
    long_side = 512             # pixels
    crop = 224                  # pixels of a square
    jpeg = 96                   # quality; "real": fakes are encoded as their real images are; default: PNG
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from indexer.base import resources
from indexer.base.errors import RecipeError, reason_of
from indexer.base.selection_terms import SPLIT_NAME_HINT, is_split_name
from indexer.base.suggestions import did_you_mean, near
from indexer.base.toml_fields import Fields, Problems
from indexer.images import ImageLimits
from indexer.images.rendition import Rendition, rendition_of
from indexer.selection.match.models import Matching, match_of
from indexer.selection.near_looks import MAX_RADIUS, RADIUS
from indexer.selection.recipe_filters import RecipeFilters, filters_of
from indexer.selection.windows import Windows, windows_of

_LARGEST = 10**12  # more images than any manifest has; sums of such numbers fit into 64 bits


@dataclass(frozen=True, slots=True)
class RecipeSection:
    """Fakes that quotas and caps count as one origin: of ``origins``, with a file_id that matches an RE2 expression."""

    origins: tuple[str, ...]
    file_id: str | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked recipe. ``text`` is the file; tables are in its order.

    ``extend`` is no key of the file: the selection whose images keep their splits.
    """

    text: str
    seed: str
    per_generator: int | None
    splits: Mapping[str, float]
    generators: tuple[str, ...] | None
    quotas: Mapping[str, int]
    caps: Mapping[str, Mapping[str, int]]
    cap: int | None
    when_short: str
    spares: float
    sections: Mapping[str, RecipeSection]
    origins: tuple[str, ...]
    min_side: int
    max_pixels: int
    exact: bool
    copies: bool
    radius: int
    turned: bool
    across_labels: bool
    within_groups: bool
    prompts: bool
    on_conflict: str
    photographs_per_fake: float
    photograph_origins: tuple[str, ...] | None
    match: Matching | None
    filters: RecipeFilters
    align: Rendition | None
    windows: Windows | None
    extend: str | None = None

    @property
    def hash(self) -> str:
        """The sha256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def find(name: str) -> Path:
    """Return the recipe file ``name``, or the bundled recipe of that name.

    Raises:
        RecipeError: there is neither.
    """
    known = {path.parent.name: path for path in sorted(resources.manifests_folder().glob("*/recipe.toml"))}
    path = Path(name)
    path = path / "recipe.toml" if path.is_dir() else path
    if path.is_file():
        return path
    if name in known:
        return known[name]
    if re.match(r"(?i)(?:select|from|with)\s", name):
        raise RecipeError(f"no recipe at {name}: a query is selected with --sql, as in 'select --sql \"{name}\"'")
    hint = " ".join(filter(None, (did_you_mean(name, known), "name a TOML file")))
    raise RecipeError(f"no recipe at {name}: {hint}, or one of {', '.join(known) or '(none here)'}")


def load(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: it cannot be read, or is wrong; the message lists every problem with its address.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} cannot be read as a recipe: {reason_of(error)}") from error
    return parse(text, str(path))


def parse(text: str, where: str = "recipe") -> Recipe:
    """A recipe from its text. See :func:`load`."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of 5,000 digits, and lists in lists in lists
        raise RecipeError(f"{where} is no TOML: {error}") from error
    problems = Problems()
    top = Fields(table, where, "", problems)
    recipe = _recipe(text, top)
    _check_contradictions(recipe, top)
    problems.refuse(RecipeError)
    return recipe


def _recipe(text: str, top: Fields) -> Recipe:
    images, duplicates, photographs, split, quotas, groups = (
        top.below(name, top.table(name))
        for name in ("images", "duplicates", "photographs", "split", "quotas", "groups")
    )
    filters = filters_of(top, split, _LARGEST)
    recipe = Recipe(
        text=text,
        seed=_seed(top),
        per_generator=top.integer("per_generator", None, (1, _LARGEST)),
        splits=_splits(split),
        generators=top.texts("generators", distinct=True),
        quotas=_counts(quotas),
        caps={origin: _counts(top.below(f"caps.'{origin}'", caps)) for origin, caps in top.table("caps").items()},
        cap=top.integer("cap", None, (0, _LARGEST)),
        when_short=top.choice("when_short", ("error", "drop")),
        sections={name: _section(top.below(f"sections.'{name}'", own)) for name, own in top.table("sections").items()},
        spares=top.number("spares", 0.02, (0, 1)),
        origins=top.texts("origins", distinct=True) or (),
        min_side=images.integer("min_side", 1, (1, _LARGEST)) or 1,
        max_pixels=images.integer("max_pixels", ImageLimits().pixels, (1, _LARGEST)) or 1,
        exact=duplicates.flag("exact", True),
        copies=duplicates.flag("copies", True),
        radius=duplicates.integer("radius", RADIUS, (-1, MAX_RADIUS)) or 0,
        turned=duplicates.flag("turned", False),
        across_labels=duplicates.flag("across_labels", False),
        within_groups=duplicates.flag("within_groups", False),
        prompts=groups.flag("prompts", True),
        on_conflict=duplicates.choice("on_conflict", ("drop", "keep_first")),
        photographs_per_fake=photographs.number("per_fake", 0 if filters.every_label else 1, (0, 100)),
        photograph_origins=photographs.texts("origins", distinct=True),
        match=match_of(top.below("match", top.table("match"))),
        filters=filters,
        align=rendition_of(top.below("align", top.table("align"))),
        windows=windows_of(top, split, every_label=filters.every_label),
    )
    for fields in (images, duplicates, photographs, groups, top):
        fields.close()
    return recipe


def _seed(top: Fields) -> str:
    seed = top.text_or_integer("seed")
    if not seed:
        top.problem("'seed' is missing: give a text or a whole number")
    return seed


def _counts(fields: Fields) -> dict[str, int]:
    """Return every value of a table, as whole numbers."""
    return {key: fields.integer(key, 0, (0, _LARGEST)) or 0 for key in fields.values}


def _section(fields: Fields) -> RecipeSection:
    origins = fields.texts("origins", distinct=True) or ()
    if not origins:
        fields.problem("'origins' is missing: name the origins of the section")
    section = RecipeSection(origins, fields.parsed("file_id", _pattern))
    fields.close()
    return section


def _pattern(text: str) -> str:
    """Return a pattern that DuckDB accepts; raise ValueError for another one."""
    try:
        duckdb.execute("select regexp_matches('', $text)", {"text": text}).fetchall()
    except duckdb.Error as error:
        raise ValueError(f"{text!r} is not a regular expression of RE2") from error
    return text


def _splits(fields: Fields) -> dict[str, float]:
    names = [name for name in fields.values if name != "group_by"]
    for name in names:
        if not is_split_name(name):
            fields.problem(f"{name!r} cannot be a folder's name: {SPLIT_NAME_HINT}")
    return {name: fields.number(name, 0, (0, 1)) for name in names} or {"train": 1.0}


def _check_contradictions(recipe: Recipe, top: Fields) -> None:
    """Report the problems of values that are valid one by one."""
    if abs(sum(recipe.splits.values()) - 1) > 1e-9:
        top.problem(f"split: the parts sum to {sum(recipe.splits.values()):g}, not 1")
    if recipe.match and not recipe.photographs_per_fake:
        top.problem("match: 'per_fake' in [photographs] is 0, so there is no real image to match")
    if recipe.generators == ():
        top.problem("'generators' is empty: omit it to select every generator of the manifest")
    elif recipe.generators is not None:
        named = [*recipe.quotas, *(name for caps in recipe.caps.values() for name in caps)]
        for name in named:
            if name not in recipe.generators:
                top.problem(f"quotas and caps: unknown generator '{name}'{near(name, recipe.generators)}")
