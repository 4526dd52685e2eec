"""``python demo/show.py DIR``: open a built dataset with stock `datasets`, as anybody would."""

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
    """Print the lines that open the dataset, with what they really give."""
    folder = sys.argv[1]
    dataset = load_from_disk(folder)
    row = {name: value for name, value in dataset["train"][0].items() if value not in ("", [])}
    print(_LINES.format(folder=folder, dataset=dataset, row=row))


if __name__ == "__main__":
    main()
