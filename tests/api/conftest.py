"""A small world that was scanned without a configuration: folders, zips, a compressed tar, a damaged image."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from indexer import Manifest

COLOURS = {"red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255)}


def png(colour: str) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (24, 16), COLOURS[colour]).save(data, "PNG")
    return data.getvalue()


def _make(folder: Path) -> None:
    pictures = folder / "Pictures"
    (pictures / "2024").mkdir(parents=True)
    (pictures / "2024" / "ä b.png").write_bytes(png("red"))
    (pictures / "root.png").write_bytes(png("blue"))
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(pictures / "clear.png")
    (pictures / "torn.png").write_bytes(png("red")[:60])
    with zipfile.ZipFile(folder / "cnn.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"progan/0_real/{number}.png", png("green"))
            archive.writestr(f"progan/1_fake/{number}.png", png("blue"))
    with tarfile.open(folder / "packed.tar.gz", "w:gz") as archive:
        archive.add(pictures / "root.png", "one.png")


def insert_selection(manifest: Manifest, name: str, condition: str) -> None:
    """Make a selection of two splits from the rows that meet an SQL condition."""
    with manifest.options.writing() as store:
        store.execute(f"""
            insert into selection by name
            select '{name}' as name, if(right(file_id, 5) = '5.png', 'validation', 'train') as split,
                row_number() over (order by md5(file_id)) as position, file_id, 'listed' as role, '' as stratum
            from attributes where {condition}
        """)
        store.execute(
            f"insert into selection_run by name select '{name}' as name, '' as recipe, '' as recipe_hash, '' as seed"
        )


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Selections: ``cnn``; ``torn``, with a damaged image; ``packed``, with an image that needs a sequential read."""
    folder = tmp_path_factory.mktemp("world")
    _make(folder)
    paths = [folder / "Pictures", folder / "cnn.zip", folder / "packed.tar.gz"]
    made = Manifest.scan(*paths, manifest=folder / "manifest.duckdb", jobs=1)
    insert_selection(made, "cnn", "source = 'cnn'")
    insert_selection(made, "torn", "source = 'pictures'")
    insert_selection(made, "packed", "source in ('packed', 'cnn')")
    return made
