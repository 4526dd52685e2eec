"""``Manifest``: one DuckDB file, opened for each call, so that other processes can write between two calls."""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import pyarrow as pa

from indexer.api.dataset import ImageDataset, ReadOptions, open_dataset
from indexer.api.options import PathLike, api_options
from indexer.api.rows import QueryRows, run_query
from indexer.api.selected import SelectionView, selection_name
from indexer.api.selecting import Ids, query_recipe, select_by_ids, select_by_query, select_by_recipe
from indexer.base.config import expanded
from indexer.base.errors import ConfigError
from indexer.base.remote import Root
from indexer.cli.options.common import CommonOptions
from indexer.cli.options.inspector import inspector
from indexer.cli.options.query_options import query_text
from indexer.cli.scanning.scan import scan_sources
from indexer.containers.open_containers import OpenContainers
from indexer.lookup.locating import LocatedImage, locate
from indexer.lookup.reading import pixels, read_each
from indexer.lookup.selected import selected_rows
from indexer.lookup.tracing import TRACED, Tracer, file_bytes
from indexer.manifest.store import require_selection
from indexer.naming_paths import with_paths
from indexer.roots import source_folders, source_roots
from indexer.scanning import ScanSummary
from indexer.selection.inspecting import inspect_again, inspect_selection
from indexer.selection.query_recipe import DEFAULT_SEED

if TYPE_CHECKING:
    from PIL.Image import Image


class Manifest:
    """A manifest: one row per image. Make one with :meth:`open` or :meth:`scan`.

    Every method raises the errors of the commands, with the same texts: subclasses of
    :class:`indexer.base.errors.ProjectError`.

    Attributes:
        options: local.cfg, the file, workers and limits, as the commands use them.
        scanned: the counts and problems of the last scan through this object; None before.
    """

    def __init__(self, options: CommonOptions) -> None:
        self.options = options
        self.scanned: ScanSummary | None = None
        self.__dict__["scan"] = self.rescan  # of an open manifest, scan adds to it

    @classmethod
    def open(cls, path: PathLike | None = None, *, config: PathLike | None = None, jobs: int | None = None) -> Self:
        """Open an existing manifest.

        Args:
            path: the file. None: the one of local.cfg, or ``manifest.duckdb`` in the working folder.
            config: the configuration. None: local.cfg in the working folder or above it, or $INDEXER_CONFIG.
            jobs: worker processes. None: one per core.

        Raises:
            ManifestError: there is none, another process writes to it, or it is not a manifest.
            ConfigError: the configuration cannot be used.
        """
        manifest = cls(api_options(path, config, jobs))
        manifest.options.reading().close()
        return manifest

    @classmethod
    def scan(
        cls,
        *paths: PathLike,
        manifest: PathLike | None = None,
        config: PathLike | None = None,
        jobs: int | None = None,
        progress: bool = False,
    ) -> Self:
        """Index folders, archives and addresses, and return their manifest. Only new and changed files are read.

        Without paths, all sources of the configuration and all earlier paths are scanned.

        Args:
            paths: each becomes a source with the default rule, unless it is one already.
            manifest: the file to create or refresh. None: as in :meth:`open`.
            config: as in :meth:`open`.
            jobs: as in :meth:`open`.
            progress: show a progress bar on standard error.

        Raises:
            ConfigError: a path does not exist, or is inside another one.
            ManifestError: another process has the manifest open.
        """
        made = cls(api_options(manifest, config, jobs, quiet=not progress))
        made.rescan(*paths)
        return made

    def rescan(self, *paths: PathLike) -> Self:
        """Scan into this manifest, as :meth:`scan`. ``scanned`` has the counts and problems.

        A source without images, and images that cannot be read, are Python warnings.
        """
        given, config = [os.fspath(path) for path in paths], self.options.config
        config, keys = with_paths(config, given) if given else (config, ())
        self.scanned, _ = scan_sources(self.options, config, keys)
        self.__dict__.pop("roots", None)
        for source in self.scanned.sources:
            for problem in (*filter(None, [source.warning]), *source.alerts):
                warnings.warn(f"{source.key}: {problem}", stacklevel=2)
        return self

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self.options.manifest

    def sql(self, query: str, **tables: Any) -> QueryRows:
        """Return the rows of one SELECT: ``.df()``, ``.pl()``, ``.arrow()``, ``.fetchall()``, or iterate.

        Args:
            query: the main table is ``manifest``, one row per image. A name that ends with ``.sql`` is a file.
            tables: DataFrames or Arrow tables that the query uses by these names.

        Raises:
            QueryError: the query is wrong, or is not one SELECT.
        """
        with self.options.reading(alone=True) as store:  # the query takes external access from all connections
            return run_query(store, query_text(query), tables)

    def read(self, file_id: str) -> bytes:
        """Return the bytes of an image, as they are stored in its archive.

        Raises:
            ImageError: it is not in the manifest, or cannot be read.
            SourceError: its archive is missing or has changed since the scan.
        """
        return self._read(file_id)[1]

    def image(self, file_id: str) -> "Image":
        """Return an image, decoded, upright, in its stored mode.

        Raises:
            ImageError: as :meth:`read`, or it cannot be decoded.
            SourceError: as :meth:`read`.
        """
        return pixels(*self._read(file_id), self.options.bounds.images)

    def trace(self, file: PathLike | bytes, *, turned: bool = False) -> QueryRows:
        """Return the images that are the same as a file or its bytes, or near: match, bits, file_id, location, label.

        With ``turned``, also those that are near it mirrored or turned. Raises ConfigError if the file cannot be read.
        """
        data = file if isinstance(file, bytes) else file_bytes(expanded(os.fspath(file)))
        bounds = self.options.bounds
        with self.options.reading() as store:
            containers = OpenContainers(bounds.archives)
            found = Tracer(store, self.roots, containers, bounds.images, is_turned=turned).trace(data)
        return QueryRows(pa.Table.from_pylist([asdict(each) for each in found], TRACED))

    def inspect(self, selection: str | SelectionView, *, again: bool = False) -> int:
        """Read the images of a selection that were not inspected yet: hashes, sizes, formats. Return their number.

        Args:
            selection: the selection, or its name.
            again: first retry all images that could not be read before.

        Raises:
            RecipeError: there is no such selection.
        """
        with self.options.writing() as store:
            if again:
                inspect_again(store, inspector(self.options))
            return inspect_selection(store, selection_name(selection), inspector(self.options))

    def select(  # noqa: PLR0913 - keyword arguments of one call, as the options of the command
        self,
        recipe: PathLike | None = None,
        *,
        name: str,
        sql: str | None = None,
        ids: Mapping[str, Ids] | None = None,
        split: Mapping[str, float] = MappingProxyType({}),
        sample: int | None = None,
        group: str | Sequence[str] = (),
        seed: str | int = DEFAULT_SEED,
        extend: str | SelectionView | None = None,
        force: bool = False,
    ) -> SelectionView:
        """Make a selection: named rows with splits. The same query, seed and images give the same selection.

        Args:
            recipe: a TOML file, or the name of a recipe of this project.
            name: of the selection.
            sql: instead of a recipe: a SELECT that returns ``file_id``, and optionally ``split`` and ``role``.
            ids: instead of a recipe: file_ids per split, as texts or as a file.
            split: with ``sql``: fractions that sum to 1, such as {"train": 0.8, "validation": 0.2}.
            sample: with ``sql``: draw this number of images.
            group: with ``sql``: columns or expressions; images with an equal value are in one split.
            seed: with ``sql``: another seed gives another selection.
            extend: with ``sql`` or ``recipe``: a selection whose images keep their splits.
            force: replace a selection of this name.

        Raises:
            RecipeError: the name is taken, no image is selected, or the recipe cannot be met.
            QueryError: the query is wrong.
            ConfigError: not exactly one of ``recipe``, ``sql`` and ``ids`` is given.
        """
        if sum(given is not None for given in (recipe, sql, ids)) != 1 or (ids is not None and extend is not None):
            raise ConfigError("give one of recipe, sql=... and ids=...; extend belongs to recipe or sql")
        extended = None if extend is None else selection_name(extend)
        result: object
        if sql is not None:
            made_by = replace(query_recipe(sql, seed, sample, split, group), extend=extended)
            result = select_by_query(self.options, made_by, name, force=force)
        elif ids is not None:
            result = select_by_ids(self.options, ids, name, force=force)
        else:
            result = select_by_recipe(self.options, cast(PathLike, recipe), name, extend=extended, force=force)
        return SelectionView(name, self.options, self.roots, partial(self.dataset, name), result)

    def selection(self, name: str) -> SelectionView:
        """Return an existing selection. Raises RecipeError if there is none."""
        with self.options.reading() as store:
            require_selection(store, name)
        return SelectionView(name, self.options, self.roots, partial(self.dataset, name))

    def dataset(  # noqa: PLR0913 - keyword arguments of one call, as users know them from torchvision and datasets
        self,
        selection: str | SelectionView,
        *,
        split: str | None = None,
        transform: Callable[[Any], Any] | None = None,
        on_error: Literal["raise", "skip"] = "raise",
        columns: Sequence[str] = ("label", "generator", "file_id"),
        spill: PathLike | None = None,
    ) -> ImageDataset:
        """Return the images of a selection as a map-style dataset for PyTorch's DataLoader; nothing is built.

        Args:
            selection: the selection, or its name.
            split: one of its splits. None: all.
            transform: applied to each image (PIL, RGB, upright).
            on_error: raise an ImageError for an image that cannot be used, or skip it.
            columns: columns of the manifest that an item has besides ``image``.
            spill: folder for copies of images that only a sequential read reaches (solid 7z, compressed tar, rar).

        Raises:
            RecipeError: there is no such selection or split, or images of it are not in the manifest.
            ConfigError: a column is unknown, or images need ``spill``.
        """
        columns = (columns,) if isinstance(columns, str) else columns
        how = ReadOptions(transform, on_error, tuple(columns), self.options.bounds.archives, self.options.bounds.images)
        folder = None if spill is None else expanded(os.fspath(spill))
        with self.options.reading() as store:
            found = selected_rows(store, self.roots, selection_name(selection), split, skips_missing=how.skips)
        return open_dataset(found, how, folder)

    def selections(self) -> QueryRows:
        """Return one row per selection: name, images, splits, and when and from what it was made."""
        with self.options.reading() as store:
            return QueryRows(store.arrow("select/selections"))

    def sources(self) -> QueryRows:
        """Return one row per source: key, name, number of images, fakes and unusable images, and its root."""
        with self.options.reading() as store:
            found = store.arrow("lookup/sources")
        known = source_roots(self.options.config)
        roots = [str(known[key]) if key in known else None for key in found.column("source").to_pylist()]
        return QueryRows(found.append_column("root", [roots]))

    @cached_property
    def roots(self) -> Mapping[str, Root]:
        """The folder of each source on this machine."""
        return source_folders(self.options.config)

    def _read(self, file_id: str) -> tuple[LocatedImage, bytes]:
        with self.options.reading() as store:
            located = locate(store, self.roots, [str(file_id)])
        containers = OpenContainers(self.options.bounds.archives)
        try:
            return next(read_each(located, containers))
        finally:
            containers.close()

    def __len__(self) -> int:
        with self.options.reading() as store:
            return store.count("attributes")

    def __repr__(self) -> str:
        return f"Manifest({str(self.path)!r}: {len(self):,} images)"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.sources()._repr_html_()}"
