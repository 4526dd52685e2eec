"""``python demo/show.py DIR``: open a built dataset with the package `datasets` alone."""

import sys

from datasets import load_from_disk

_LINES = """\
>>> from datasets import load_from_disk
>>> dataset = load_from_disk({folder!r})
>>> dataset
{dataset}
>>> dataset["train"][0]
{row}"""


def main() -> None:
    """Run the lines that open the dataset, and print them with their results."""
    folder = sys.argv[1]
    dataset = load_from_disk(folder)
    row = {name: value for name, value in dataset["train"][0].items() if value not in ("", [])}
    print(_LINES.format(folder=folder, dataset=dataset, row=row))


if __name__ == "__main__":
    main()
