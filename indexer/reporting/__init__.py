"""Build an HTML page about a manifest, a selection or a built dataset; the page opens without a network.

::

    facts            the temporary table report_row -> numbers, groups, traits, clusters (sql/report/*.sql)
    clusters         pairs of images that look the same -> groups of them
    rendering        bytes -> thumbnails
    thumbnails       rows of the manifest -> thumbnails, read from their archives by worker processes
    rows             the table of all rows, compressed
    page             facts and thumbnails -> HTML (templates, styles, scripts and charts are below page/)
    manifest_report  a manifest or a selection -> its page

The caller fills ``report_row`` first: from the manifest (:mod:`indexer.reporting.manifest_report`) or from the shards
of a dataset (:mod:`materializer.report`). The page depends on its input alone, never on the time of day.
"""
