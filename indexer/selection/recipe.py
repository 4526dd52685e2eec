"""A recipe: the numbers and rules of one dataset, as TOML, independent of layouts and folders.

::

    seed = 7                    # any text or whole number; another seed gives another selection
    per_generator = 100         # images per generator
    generators = ["ADM"]        # default: every generator of the manifest
    cap = 0                     # for generators and origins that [caps] does not name; default: no cap
    when_short = "error"        # or "drop": leave out a generator that cannot reach its quota
    spares = 0.02               # spares, as a fraction of the selected images
    origins = ["GenImage/train"]  # which of two duplicates is kept; other origins follow, by name

    [split]                     # fractions, 1 in total
    train = 0.8
    validation = 0.2

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
    radius = 4                  # near duplicates: bits of 64 in which hashes may differ; -1: none are searched

    [photographs]               # real images
    per_fake = 1.0              # per fake; 0: none
    origins = ["COCO2017_train"]  # default: all
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexer.base import resources
from indexer.base.errors import RecipeError
from indexer.base.suggestions import closest
from indexer.selection.checking import Fields, unknown_keys
from indexer.selection.models import is_split_name

MAX_RADIUS = 8


@dataclass(frozen=True, slots=True)
class RecipeSection:
    """Fakes that quotas and caps count as one origin: of ``origins``, with a file_id that matches an RE2 expression."""

    origins: tuple[str, ...]
    file_id: str | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked recipe. ``text`` is the file; tables are in its order."""

    text: str
    seed: str
    per_generator: int | None
    splits: Mapping[str, float]
    generators: tuple[str, ...] | None = None
    quotas: Mapping[str, int] | None = None
    caps: Mapping[str, Mapping[str, int]] | None = None
    cap: int | None = None
    when_short: str = "error"
    spares: float = 0.02
    sections: Mapping[str, RecipeSection] | None = None
    origins: tuple[str, ...] = ()
    min_side: int = 1
    max_pixels: int = 89_478_485
    exact: bool = True
    radius: int = 4
    photographs_per_fake: float = 1.0
    photograph_origins: tuple[str, ...] | None = None

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
    near = closest(name, known)
    hint = f"did you mean '{near}'? " if near else ""
    raise RecipeError(f"no recipe at {name}: {hint}name a TOML file, or one of {', '.join(known) or '(none here)'}")


def load(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: it cannot be read, or is wrong; the message lists every problem with its address.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} cannot be read: {error}") from error
    return parse(text, str(path))


def parse(text: str, where: str = "recipe") -> Recipe:
    """A recipe from its text. See :func:`load`."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of 5,000 digits, and lists in lists in lists
        raise RecipeError(f"{where} is no TOML: {error}") from error
    problems: list[str] = []
    recipe = _recipe(text, table, problems)
    problems += _contradictions(recipe, table)
    if problems:
        counted = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise RecipeError("\n  - ".join([f"{where}: {counted}", *problems]))
    return recipe


_TOP = ("seed", "per_generator", "generators", "cap", "when_short", "spares", "origins")
_TABLES = ("split", "quotas", "caps", "sections", "images", "duplicates", "photographs")


def _recipe(text: str, table: dict[str, object], problems: list[str]) -> Recipe:
    problems += unknown_keys(table, (*_TOP, *_TABLES), "")
    top = Fields(table, "", problems)
    images = Fields(top.table("images", ("min_side", "max_pixels")), "images.", problems)
    duplicates = Fields(top.table("duplicates", ("exact", "radius")), "duplicates.", problems)
    photographs = Fields(top.table("photographs", ("per_fake", "origins")), "photographs.", problems)
    return Recipe(
        text=text,
        seed=top.text_or_number("seed"),
        per_generator=top.whole("per_generator", None, 1),
        splits=_splits(Fields(top.table("split"), "split.", problems)),
        generators=top.names("generators", None),
        quotas=Fields(top.table("quotas"), "quotas.", problems).all_whole(),
        caps={origin: Fields(caps, f"caps.'{origin}'.", problems).all_whole() for origin, caps in top.tables("caps")},
        cap=top.whole("cap", None, 0),
        when_short=top.one_of("when_short", ("error", "drop")),
        sections={name: _section(name, values, problems) for name, values in top.tables("sections")},
        spares=top.number("spares", 0.02, (0.0, 1.0)),
        origins=top.names("origins", ()) or (),
        min_side=images.whole("min_side", 1, 1) or 1,
        max_pixels=images.whole("max_pixels", 89_478_485, 1) or 1,
        exact=duplicates.truth("exact", default=True),
        radius=duplicates.up_to("radius", 4, (-1, MAX_RADIUS)),
        photographs_per_fake=photographs.number("per_fake", 1.0, (0.0, 100.0)),
        photograph_origins=photographs.names("origins", None),
    )


def _section(name: str, values: Mapping[str, object], problems: list[str]) -> RecipeSection:
    fields = Fields(values, f"sections.'{name}'.", problems)
    problems += unknown_keys(values, ("origins", "file_id"), fields.address)
    origins = fields.names("origins", ()) or ()
    if not origins:
        problems.append(f"{fields.address}origins is missing: of which origins is it made?")
    return RecipeSection(origins, fields.pattern("file_id"))


def _splits(fields: Fields) -> dict[str, float]:
    if not fields.values:
        return {"train": 1.0}
    for name in fields.values:
        if not is_split_name(name):
            fields.problems.append(f"split.{name!r} cannot be a folder's name: letters, digits, '_', '.' and '-' can")
    return {name: fields.number(name, 0.0, (0.0, 1.0)) for name in fields.values}


def _contradictions(recipe: Recipe, table: Mapping[str, object]) -> list[str]:
    """Return the problems of values that are valid one by one."""
    problems = []
    if abs(sum(recipe.splits.values()) - 1) > 1e-9:
        problems.append(f"split: the parts sum to {sum(recipe.splits.values()):g}, not 1")
    if "per_generator" not in table and not recipe.quotas:
        problems.append("per_generator is missing: how many images of each generator?")
    if recipe.generators == ():
        problems.append("generators names none: leave it out to take every generator of the manifest")
    if recipe.generators is not None:
        named = [*(recipe.quotas or ()), *(name for caps in (recipe.caps or {}).values() for name in caps)]
        problems += unknown_keys(dict.fromkeys(named), recipe.generators, "quotas and caps: generator ")
    return problems
