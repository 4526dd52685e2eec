"""Bytes -> members: every container is listed and read where it lies, nothing is unpacked.

``shapes`` holds what crosses this package's border; the rest of the project calls only

* :func:`indexer.containers.detect.find_containers`: files of a folder -> containers (volumes grouped, kinds by magic);
* :func:`indexer.containers.listing.list_members`: container -> Arrow batches of raw rows, then its report;
* :func:`indexer.containers.reading.read_members`: container and wanted members -> their bytes, in reading order.
"""
