"""A selection, as notebooks show it."""

from typing import TYPE_CHECKING, Any

from indexer.api.html import grid_html
from indexer.base.errors import BadData
from indexer.containers.open_containers import OpenContainers
from indexer.lookup.locating import LocatedImage, locate
from indexer.reporting.models import MissingThumbnail, ThumbnailResult
from indexer.reporting.rendering import thumbnail

if TYPE_CHECKING:
    from indexer.api.dataset import ImageDataset
    from indexer.api.manifest import Manifest

_SHOWN = 24
_SIDE = 128


class SelectionView:
    """A selection of a manifest. ``result`` has the counts of the call that made it, and the images it left out."""

    def __init__(self, manifest: "Manifest", name: str, result: Any = None) -> None:
        self.manifest = manifest
        self.name = name
        self.result = result

    @property
    def counts(self) -> dict[str, int]:
        """The number of images per split, spares not counted."""
        rows = self.manifest.sql(f"select split, role <> 'spare' from selection where name = {_quoted(self.name)}")
        counts: dict[str, int] = {}
        for split, is_image in rows:
            counts[split] = counts.get(split, 0) + is_image
        return dict(sorted(counts.items()))

    def dataset(self, **how: Any) -> "ImageDataset":
        """Return its images as a dataset; arguments as of :meth:`Manifest.dataset`."""
        return self.manifest.dataset(self.name, **how)

    def __len__(self) -> int:
        return sum(self.counts.values())

    def __repr__(self) -> str:
        splits = ", ".join(f"{split} {count:,}" for split, count in self.counts.items())
        return f"Selection({self.name!r}: {splits or 'no images'})"

    def _repr_html_(self) -> str:
        """Return the first images of the order by a hash of their file_ids, as a grid."""
        rows = self.manifest.sql(
            f"select file_id from selection where name = {_quoted(self.name)} and role <> 'spare'"
            f" and file_id in (select file_id from attributes) order by md5(file_id) limit {_SHOWN}"
        )
        options = self.manifest.options
        with options.reading() as store:
            images = locate(store, self.manifest.roots, [file_id for (file_id,) in rows])
        containers = OpenContainers(options.bounds.archives)
        try:
            return grid_html(repr(self), [(image.file_id, _thumbnail(image, containers)) for image in images])
        finally:
            containers.close()


def _thumbnail(image: LocatedImage, containers: OpenContainers) -> ThumbnailResult:
    [(_, data)] = containers.read(image.container, [image.member])
    return MissingThumbnail(data.reason) if isinstance(data, BadData) else thumbnail(data, _SIDE)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
