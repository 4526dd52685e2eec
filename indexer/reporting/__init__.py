"""A manifest, a selection or a built dataset as one HTML page that opens without a network.

::

    facts       the temporary table report_row -> numbers, groups, traits, clusters (sql/report/*.sql)
    clusters    pairs of images that look the same -> groups of them
    pictures    bytes -> thumbnails, in workers that may die
    originals   the manifest's rows -> thumbnails, read where they lie
    rows        the table of all rows, packed
    page        all of it -> HTML (templates, styles, scripts and charts below page/)

Whoever makes a report fills ``report_row`` first: from the manifest (:mod:`indexer.reporting.originals`) or from the
shards of a dataset (:mod:`materializer.report`). The page depends on its input alone, never on the time of day.
"""
