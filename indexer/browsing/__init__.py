"""Serve the manifest to a browser on this machine: pages of rows, filters, SQL queries, images from archives.

::

    server        the routes
    guard         access checks and security headers
    queries       filters -> rows of the manifest (sql/browse/*.sql)
    image_reader  member ids -> images, read by worker processes

A URL never names a file: images are requested by ``member_id``, styles and scripts by a fixed list of names.
"""
