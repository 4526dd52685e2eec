"""Find SQL files, declarations and recipes: in the checkout, or inside an installed wheel."""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def _folder(name: str) -> Path:
    """Return the project's folder ``name``; a wheel has it under ``_resources``."""
    packed = _PACKAGE / "_resources" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


@cache
def sql(name: str) -> str:
    """Return the text of ``sql/<name>.sql``."""
    return (_folder("sql") / f"{name}.sql").read_text(encoding="utf-8")


@cache
def sql_names(folder: str) -> tuple[str, ...]:
    """Return the names of the files in ``sql/<folder>``, in order, as :func:`sql` takes them."""
    return tuple(sorted(f"{folder}/{path.stem}" for path in (_folder("sql") / folder).glob("*.sql")))


def module_texts(package: str) -> list[bytes]:
    """Return the source text of each module of ``indexer.<package>``, in order of their names."""
    return [file.read_bytes() for file in sorted((_PACKAGE / package).glob("*.py"))]


def sources_folder() -> Path:
    """Return the folder of the declarations that are part of the project."""
    return _PACKAGE / "sources"


def manifests_folder() -> Path:
    """Return the folder of the recipes that are part of the project."""
    return _folder("manifests")
