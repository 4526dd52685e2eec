"""Phase one: index the images on disk into one DuckDB manifest, one row per image.

Data flows one way through the folders::

    containers    bytes -> members: list and read archives in place
    images        bytes -> properties: header, decoding, hashes
    declarations  a source as data (sources/*.toml), compiled to one SELECT
    scanning      roots -> raw rows (container, member, side_row, finding)
    selection     manifest -> selection, in SQL
    cli           commands; only this package prints
"""

__version__ = "0.1.0"
