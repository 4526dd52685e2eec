"""``LargeImage``: a feature for ``datasets`` whose image column has 64-bit offsets, so that it can exceed 2 GiB.

Import this module before opening such a dataset; the import registers the feature. Worker processes that ``datasets``
spawns import it with the first dataset they receive, because its features name this module.
"""

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
from datasets import Image, Value
from datasets.features.features import register_feature

_BYTES, _PATH = pa.large_binary(), pa.large_string()


@dataclass
class LargeImage(Image):  # type: ignore[misc]  # datasets is not typed
    """The image feature of AI-GenBench: a struct of ``bytes`` large_binary and ``path`` large_string.

    It accepts and returns the same values as ``datasets.Image``.
    """

    pa_type: ClassVar[Any] = pa.struct({"bytes": _BYTES, "path": _PATH})
    _type: str = field(default="LargeImage", init=False, repr=False)

    def flatten(self) -> Any:
        """Return the feature itself if it decodes, else the features of its two fields."""
        return self if self.decode else {"bytes": Value("large_binary"), "path": Value("large_string")}

    def cast_storage(self, storage: pa.Array) -> pa.StructArray:
        """Cast an array of paths (string), images (binary) or structs with ``bytes`` or ``path`` or both.

        The types may have 32-bit or 64-bit offsets. Image bytes are not copied.

        Raises:
            TypeError: the array has another type.
        """
        if pa.types.is_null(storage.type):
            return pa.nulls(len(storage), self.pa_type)
        if pa.types.is_string(storage.type) or pa.types.is_large_string(storage.type):
            return _struct(pa.nulls(len(storage), _BYTES), storage, storage.is_null())
        if pa.types.is_binary(storage.type) or pa.types.is_large_binary(storage.type):
            return _struct(storage, pa.nulls(len(storage), _PATH), storage.is_null())
        if pa.types.is_struct(storage.type):
            return _struct(_child(storage, "bytes", _BYTES), _child(storage, "path", _PATH), storage.is_null())
        raise TypeError(f"cannot cast {storage.type} to LargeImage")

    def embed_storage(
        self,
        storage: pa.StructArray,
        token_per_repo_id: dict[str, str | bool | None] | None = None,
        local_files: bool = True,
        remote_files: bool = True,
    ) -> pa.StructArray:
        """Read the images that the column only names by path into the column; paths keep their last component.

        Images that are embedded already are not copied.
        """
        blobs = storage.field("bytes")
        outside = [index for index in _absent(blobs) if storage.field("path")[index].is_valid]
        if outside:
            small = super().embed_storage(storage.take(outside), token_per_repo_id, local_files, remote_files)
            blobs = _filled(blobs, dict(zip(outside, small.field("bytes"), strict=True)))
        names = [None if path is None else Path(path).name for path in storage.field("path").to_pylist()]
        return _struct(blobs, pa.array(names, _PATH), storage.is_null())


def _struct(blobs: pa.Array, paths: pa.Array, mask: pa.Array) -> pa.StructArray:
    return pa.StructArray.from_arrays([blobs.cast(_BYTES), paths.cast(_PATH)], ["bytes", "path"], mask=mask)


def _child(storage: pa.StructArray, name: str, kind: pa.DataType) -> pa.Array:
    has_it = storage.type.get_field_index(name) >= 0
    return storage.field(name) if has_it else pa.nulls(len(storage), kind)


def _absent(blobs: pa.Array) -> list[int]:
    return [index for index, absent in enumerate(blobs.is_null().to_pylist()) if absent] if blobs.null_count else []


def _filled(blobs: pa.Array, found: dict[int, pa.Scalar]) -> pa.Array:
    values = (found[index].as_py() if index in found else blob.as_py() for index, blob in enumerate(blobs))
    return pa.array(values, _BYTES)


def _register() -> None:
    with warnings.catch_warnings():
        # datasets warns at each registration that it is experimental.
        warnings.simplefilter("ignore", UserWarning)
        register_feature(LargeImage, "LargeImage")


_register()
