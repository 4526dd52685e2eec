"""The manifest as a small server for this machine alone: pages of rows, filters, queries, images out of archives.

::

    server      addresses, who may ask, and what every answer says (hosts, security policy)
    queries     filters -> rows of the manifest (sql/browse/*.sql)
    viewing     member ids -> images, read by one crew of workers that may die

An address never names a file: images are asked for by ``member_id``, styles and scripts by a list of our own.
"""
