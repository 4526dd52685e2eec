"""Make a report of a built dataset: its contents, refusals, and the archives of the shown images.

::

    shards      one file -> its rows, headers of some images, thumbnails of others; in workers
    dataset     all files -> indexer.reporting.page.ReportPage

The shards give the numbers. The build record and the manifest, if present, add origins, hashes and reasons.
"""

from materializer.report.dataset import DatasetReader, report

__all__ = ["DatasetReader", "report"]
