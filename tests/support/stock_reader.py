"""Open a built folder with stock `datasets` and print each row as JSON: split, file_id, label, images by column.

Run by the Python of an environment that has `datasets` and Pillow only.
"""

import json
import sys
from pathlib import Path


def main(folder: str, loader: str, cache: str) -> None:
    """Print the rows of a folder that ``datasets``' function ``loader`` opens; of images, format and size."""
    import datasets  # noqa: PLC0415 - tests import this module for its path

    if "LargeImage" in "".join(path.read_text() for path in Path(folder).glob("*/dataset_info.json")):
        import materializer.large_image  # noqa: F401, PLC0415
    options = {"cache_dir": cache} if loader == "load_dataset" else {}
    for split, rows in sorted(getattr(datasets, loader)(folder, **options).items()):
        columns = [name for name, feature in rows.features.items() if isinstance(feature, datasets.Image)]
        for row in rows:
            texts = row.get("json", row)
            images = {name: row[name] for name in columns if row[name] is not None}
            shown = {name: (image.format, image.convert("RGB").size) for name, image in images.items()}
            print(json.dumps([split, texts["file_id"], texts["label"], shown]))


if __name__ == "__main__":
    main(*sys.argv[1:])
