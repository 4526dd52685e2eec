"""Looking at images where they lie, whatever they are called."""

import io
import os
from pathlib import Path

from PIL import Image

from indexer import store as stores
from indexer.parallel import Workers
from indexer.scanning import ScanOptions, scan
from indexer.selection.choosing import workbench
from indexer.selection.inspecting import Inspector


def test_a_loose_file_whose_name_is_not_utf8_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    (root / os.fsdecode(b"caf\xe9.png")).write_bytes(picture.getvalue())
    with stores.open_for_writing(tmp_path / "m.duckdb") as store:
        scan(store, {"mine": root}, (), ScanOptions(Workers(jobs=1)))
        with workbench(store):
            store.save_query("work.pool", "select member_id from member")
            assert Inspector({"mine": root}, Workers(jobs=1))(store) == 1
        assert store.execute("select status, width from inspection") == [("ok", 8)]
