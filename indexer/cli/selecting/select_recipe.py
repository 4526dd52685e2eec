"""Make a selection from a recipe, for the command and for the API."""

from pathlib import Path

from indexer.cli.options.common import CommonOptions
from indexer.manifest.sandbox import QueryLimits
from indexer.selection import by_recipe
from indexer.selection.models import Inspect, Selected
from indexer.selection.recipe import Recipe
from indexer.selection.recipe_inputs import RecipeInputs, eligible
from indexer.sharing.pictures import is_export, pictures_of


def select(options: CommonOptions, recipe: Recipe, name: str, inspect: Inspect | None, limits: QueryLimits) -> Selected:
    """Make the selection ``name`` by ``recipe``, in place of an earlier one. ``limits`` are those of the recipe's SQL.

    Raises:
        RecipeError: the SQL of the recipe is wrong, or the recipe cannot be met.
        ManifestError: an export that ``exclude`` names is not valid.
    """
    inputs = RecipeInputs(  # the sandbox needs a manifest that no process writes to
        eligible(options.manifest, recipe, limits),
        {folder: pictures_of(Path(folder)) for folder in recipe.filters.exclude if is_export(Path(folder))},
    )
    with options.changing() as store:
        return by_recipe.select(store, recipe, name, inspect, inputs)
