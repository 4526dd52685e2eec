"""Origins of real images: equal parts, paired ones included."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.manifest.store import Store
from indexer.selection import recipe
from indexer.selection.by_recipe import select
from indexer.selection.models import Selected, UnevenOrigin
from tests.support.worlds import Picture, fakes, photographs, world

HALVES = "[split]\na = 0.5\nb = 0.5\n"
REALS = [*photographs("coco", 200), *photographs("laion", 200), *photographs("raise", 200)]


def paired_fakes(**origins: int) -> list[Picture]:
    """Return 120 fakes, of which the first are paired with so many photographs of each origin."""
    names = [f"{origin}/{n}" for origin, count in origins.items() for n in range(count)]
    made = fakes("A", "o", 120)
    return [replace(one, paired=(name,)) for one, name in zip(made, names, strict=False)] + made[len(names) :]


def chosen(store: Store, more: str = "") -> tuple[Selected, Counter[tuple[str, str]]]:
    """Return the selection of all fakes, and the number of its real images by split and origin."""
    result = select(store, recipe.parse(f"seed = 3\nper_generator = 120\nspares = 0\n{HALVES}{more}"), "x")
    rows = store.execute("select split, origin from selection join attributes using (file_id) where label = 0")
    return result, Counter(rows)


@pytest.mark.parametrize("origins", [{}, {"coco": 30}, {"coco": 38, "laion": 25, "raise": 2}])
def test_the_complement_makes_the_parts_of_origins_equal(tmp_path: Path, origins: dict[str, int]) -> None:
    with world(tmp_path / "m.duckdb", [*paired_fakes(**origins), *REALS]) as store:
        result, counts = chosen(store)
    assert result.uneven_origins == ()
    for origin in ("coco", "laion", "raise"):
        assert abs(counts["a", origin] + counts["b", origin] - 40) <= 1
        assert abs(counts["a", origin] - 20) <= 5


def test_an_origin_with_too_many_paired_images_is_reported(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", [*paired_fakes(coco=80, laion=10), *REALS]) as store:
        result, counts = chosen(store)
    assert counts["a", "coco"] + counts["b", "coco"] == 80
    assert abs(counts["a", "laion"] + counts["b", "laion"] - 20) <= 1
    assert [(one.origin, one.paired, one.part) for one in result.uneven_origins] == [
        ("coco", 80, 40), ("laion", 10, 40), ("raise", 0, 40),
    ]  # fmt: skip
    assert result.uneven_origins[0] == UnevenOrigin("coco", 80, 80, 40)


def test_paired_images_of_all_origins_are_taken_equally(tmp_path: Path) -> None:
    """All fakes are paired; real images are needed for half of them."""
    with world(tmp_path / "m.duckdb", [*paired_fakes(coco=70, laion=30, **{"raise": 20}), *REALS]) as store:
        result, counts = chosen(store, "[photographs]\nper_fake = 0.5\n")
    totals = [counts["a", origin] + counts["b", origin] for origin in ("coco", "laion", "raise")]
    assert sum(totals) == 60
    assert max(totals) - min(totals) <= 4
    assert len(result.uneven_origins) <= 1
