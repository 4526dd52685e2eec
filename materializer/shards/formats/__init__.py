"""The output formats: how a shard is written, what it is called, and which files make the folder a dataset.

A format is a module with four functions, listed in ``FORMATS``::

    path(shard)                        where a shard stands below the output
    writer(file, feature)              a context that gives something to write(rows, images) with
    read(path)                         file_id and image bytes of each row
    leading_files(feature, splits)     JSON files that lead to the shards, in the order in which they are written
"""

from types import ModuleType

from materializer.models import Format
from materializer.shards.formats import arrow, parquet, webdataset

FORMATS: dict[Format, ModuleType] = {Format.ARROW: arrow, Format.PARQUET: parquet, Format.WEBDATASET: webdataset}
