"""Lists of URLs -> images on this disk, byte for byte as they were served, and a log that says what became of each.

Data flows one way through the modules::

    lists      a list and the recipe for it -> items, one a URL
    log        items and what became of them: SQLite, so that a run goes on where the last one stopped
    hosts      what one host is asked at most: connections, rate, pauses, when to give up
    robots     what a host forbids
    bodies     the bytes of an answer, in memory or in a file
    client     an item -> its bytes, or the reason why not
    shards     bytes -> tar shards or files with sidecars, laid out as img2dataset does
    run        all of it, many at once
    downloads  what a person downloads by hand: what it is, and whether it is all there
    hub        what lies on the Hugging Face hub
"""
