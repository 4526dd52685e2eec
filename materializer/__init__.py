"""Phase two: build a dataset of shards from the selected rows of a manifest.

::

    selection
       |   planning/   which row goes to which shard, and where its bytes are read (SQL, sql/plan)
       v
     plan
       |   running/    locks, preflight checks, workers, resuming, builds in parts; calls the folders above and below
       |   shards/     read, check and convert images; write shards in one of the output formats (shards/formats)
       v
     shards
       |   dataset/    the files that make the folder a dataset: card, build record; verify, grade and convert it
       v
    dataset ---------  report/ makes an HTML page of it

``models`` holds the values that these modules pass to each other, ``cli`` the commands. ``large_image`` registers the
feature ``LargeImage`` with ``datasets``; users of a built dataset import it.
"""
