"""The output formats. To add one, write a module with a subclass of ``OutputFormat`` and list it in ``FORMATS``."""

from indexer.base.errors import ConfigError
from materializer.shards.formats.arrow import ArrowFormat
from materializer.shards.formats.imagefolder import ImageFolderFormat
from materializer.shards.formats.output_format import OutputFormat
from materializer.shards.formats.parquet import ParquetFormat
from materializer.shards.formats.webdataset import WebDatasetFormat

FORMATS: dict[str, OutputFormat] = {
    format_.name: format_ for format_ in (ArrowFormat(), ParquetFormat(), WebDatasetFormat(), ImageFolderFormat())
}


def output_format(name: str) -> OutputFormat:
    """Return the output format of this name.

    Raises:
        ConfigError: there is none.
    """
    if name not in FORMATS:
        raise ConfigError(f"the output format {name!r} is unknown: use {', '.join(FORMATS)}")
    return FORMATS[name]
