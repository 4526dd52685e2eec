"""Download the images of a list of URLs, byte for byte as served, with a log of the outcome of each URL.

Data flows one way through the modules::

    lists          a list of URLs -> items, one per URL
    log            items and their outcomes, in SQLite, so that a later run continues an interrupted one
    hosts          limits per host: connections, request rate, pauses, giving up
    robots         robots.txt and X-Robots-Tag
    response_body  the bytes of a response, in memory or in a file
    client         an item -> its bytes, or the reason for the failure
    shards         bytes -> tar shards or files with sidecars, in the layout of img2dataset
    run            the whole download, many requests at once
    downloads      files that users download by hand: names, sizes, hashes
    hub            files on the Hugging Face hub
"""
