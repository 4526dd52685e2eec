"""A built dataset as a page: what it holds, what was refused, and where every image that is shown comes from.

::

    layout      a dataset's folder -> its files, split by split
    shards      one file -> its rows, headers of some images, thumbnails of others; in workers
    dataset     all of it -> indexer.reporting.page.Report

The numbers are those of the shards. Build record and manifest, where they are there, add origins, hashes and reasons.
"""

from materializer.report.dataset import DatasetReader, report

__all__ = ["DatasetReader", "report"]
