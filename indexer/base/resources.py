"""Where SQL files, declarations and recipes lie: in the checkout, or inside an installed wheel."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def _folder(name: str) -> Path:
    """The folder ``name`` of the project; in a wheel it travels under ``_resources``."""
    packed = _PACKAGE / "_resources" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


@cache
def sql(name: str) -> str:
    """The text of ``sql/<name>.sql``."""
    return (_folder("sql") / f"{name}.sql").read_text(encoding="utf-8")


def sources_folder() -> Path:
    """The folder of the declarations that come with the project."""
    return _PACKAGE / "sources"


def manifests_folder() -> Path:
    """The folder of the recipes that come with the project."""
    return _folder("manifests")
