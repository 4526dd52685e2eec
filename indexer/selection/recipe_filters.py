"""The keys of a recipe that choose and divide images by SQL, and those that require texts or exclude pictures."""

from dataclasses import dataclass

from indexer.base.suggestions import near
from indexer.base.toml_fields import Fields

TEXTS = ("description", "positive_prompt", "negative_prompt", "conditioning")


@dataclass(frozen=True, slots=True)
class RecipeFilters:
    """The keys of the same names; the docstring of :mod:`indexer.selection.recipe` explains them.

    ``every_label``: whether real images are in strata, too, instead of being added to the fakes.
    """

    per_stratum: int | None = None
    strata: tuple[str, ...] = ()
    where: str = ""
    sql: str = ""
    require: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    every_label: bool = False

    @property
    def is_active(self) -> bool:
        """Whether candidates or strata depend on these keys."""
        return bool(self.where or self.sql or self.strata or self.require or self.every_label)

    @property
    def texts(self) -> tuple[str, ...]:
        """The SQL of the recipe."""
        return (self.where, self.sql, *self.strata, *self.group_by)

    @property
    def has_sql(self) -> bool:
        """Whether candidates, strata or groups are rows of a query, which runs before the selection."""
        return self.is_active or bool(self.group_by)


def filters_of(top: Fields, split: Fields, largest: int) -> RecipeFilters:
    """Return the filters of a recipe, with numbers up to ``largest``; problems are reported to ``top``."""
    filters = RecipeFilters(
        per_stratum=top.integer("per_stratum", None, (1, largest)),
        strata=top.texts("strata", distinct=True) or (),
        where=top.text("where"),
        sql=top.text("sql"),
        require=top.texts("require", distinct=True) or (),
        exclude=top.texts("exclude", distinct=True) or (),
        group_by=split.texts("group_by", distinct=True) or (),
        every_label="per_stratum" in top.values and "photographs" not in top.values,
    )
    for name in filters.require:
        if name not in TEXTS:
            top.problem(f"require: unknown text '{name}'{near(name, TEXTS)}")
    if "where" in top.values and not filters.where.strip():
        top.problem("where: the condition is empty: leave the key out")
    for key, fields, texts in (("strata", top, filters.strata), ("group_by", split, filters.group_by)):
        if not all(map(str.strip, texts)):
            fields.problem(f"{key}: an expression is empty")
    _check_numbers(filters, top)
    return filters


def _check_numbers(filters: RecipeFilters, top: Fields) -> None:
    """Report contradictions between the keys that give numbers and those that give strata."""
    numbers = [key for key in ("per_generator", "per_stratum") if key in top.values]
    if not numbers and not top.values.get("quotas"):
        top.problem("'per_generator' or 'per_stratum' is missing: give the number of images")
    if len(numbers) > 1:
        top.problem("'per_generator' and 'per_stratum' exclude each other: give one of them")
    if filters.strata and "per_stratum" not in top.values:
        top.problem("'strata' needs 'per_stratum', the number of images of each stratum")
    if filters.strata and "generators" in top.values:
        top.problem("'generators' names strata by generator: with 'strata', write it in 'where'")
