"""A selection, as notebooks show it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from indexer.api.dataset import ImageDataset
from indexer.api.html import grid_html
from indexer.base.errors import BadData
from indexer.base.remote import Root
from indexer.cli.options.common import CommonOptions
from indexer.containers.open_containers import OpenContainers
from indexer.lookup.locating import LocatedImage, locate
from indexer.reporting.models import MissingThumbnail, ThumbnailResult
from indexer.reporting.rendering import thumbnail

_SHOWN = 24
_SIDE = 128


@dataclass(frozen=True, slots=True, repr=False)
class SelectionView:
    """A selection of a manifest.

    Attributes:
        name: of the selection.
        options: the manifest's, and the roots of its sources.
        dataset: return its images as a dataset; arguments as of :meth:`indexer.api.manifest.Manifest.dataset`.
        result: counts of the call that made it, and the images it left out; None for an earlier selection.
    """

    name: str
    options: CommonOptions
    roots: Mapping[str, Root]
    dataset: Callable[..., ImageDataset]
    result: Any = None

    @property
    def counts(self) -> dict[str, int]:
        """The number of images per split, spares not counted."""
        with self.options.reading() as store:
            return dict(store.rows("lookup/split_counts", {"name": self.name}))

    def __len__(self) -> int:
        return sum(self.counts.values())

    def __repr__(self) -> str:
        splits = ", ".join(f"{split} {count:,}" for split, count in self.counts.items())
        return f"Selection({self.name!r}: {splits or 'no images'})"

    def _repr_html_(self) -> str:
        """Return the first images of the order by a hash of their file_ids, as a grid."""
        with self.options.reading() as store:
            rows = store.rows("lookup/shown", {"name": self.name, "images": _SHOWN})
            images = locate(store, self.roots, [file_id for (file_id,) in rows])
        containers = OpenContainers(self.options.bounds.archives)
        try:
            return grid_html(repr(self), [(image.file_id, _thumbnail(image, containers)) for image in images])
        finally:
            containers.close()


def selection_name(selection: str | SelectionView) -> str:
    """Return the name of a selection that is given by its name, or as itself."""
    return selection.name if isinstance(selection, SelectionView) else str(selection)


def _thumbnail(image: LocatedImage, containers: OpenContainers) -> ThumbnailResult:
    [(_, data)] = containers.read(image.container, [image.member])
    return MissingThumbnail(data.reason) if isinstance(data, BadData) else thumbnail(data, _SIDE)
