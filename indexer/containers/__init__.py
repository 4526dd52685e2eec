"""Containers -> members: every container is listed and read in place, and nothing is unpacked to disk.

``models`` has the types that other packages use, ``kinds`` the table of container formats. Other packages call

* :func:`indexer.containers.detect.find_containers`: files of a folder -> containers, with their volumes;
* :func:`indexer.containers.listing.list_members`: container -> Arrow batches of raw rows, then a report;
* :func:`indexer.containers.from_manifest.stored_container` and ``stored_member``: rows of the manifest;
* :func:`indexer.containers.reading.read_members`: container and members -> their bytes;
* :func:`indexer.containers.prefetch.prefetch`: members that will be read soon -> the page cache.
"""
