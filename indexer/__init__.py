"""Phase one: everything that lies on a researcher's disks, as rows of one DuckDB manifest.

Data flows one way through the folders::

    containers    bytes -> members: list and read archives in place
    images        bytes -> facts: header, decode, hashes
    declarations  an upstream dataset as data (sources/*.toml), compiled to one SELECT
    scanning      roots -> raw rows (container, member, side_row, finding)
    selection     manifest -> selection, in SQL
    cli           commands; the only place that prints
"""

__version__ = "0.1.0"
