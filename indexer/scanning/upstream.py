"""Find the upstream revision and the published hash of a downloaded file, without reading it.

Two layouts of ``huggingface_hub`` record them: the cache, in which ``snapshots/<commit>/x`` is a link to
``blobs/<hash>``, and folders of ``hf download --local-dir``, which have ``.cache/huggingface/download/x.metadata`` with
commit and hash. See https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from indexer.base.remote import Root
from indexer.scanning.links import snapshot_of

_DIGESTS = {64: "sha256", 40: "git"}  # of LFS files and of others
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Upstream:
    """The commit of a file upstream, and its published hash, ``sha256:...`` or ``git:...``; None if unknown."""

    revision: str | None = None
    published_hash: str | None = None


def upstream_of(root: Root, path: str) -> Upstream:
    """Return what the downloader recorded about the file ``path`` below ``root``."""
    if not isinstance(root, Path):
        return Upstream()
    try:
        return _of_cache(Path(root, path)) or _of_local_folder(root, Path(path)) or Upstream()
    except (OSError, ValueError):
        return Upstream()


def _of_cache(file: Path) -> Upstream | None:
    target = file.resolve()
    snapshot = snapshot_of(file, target)
    return None if snapshot is None else Upstream(snapshot.partition("/")[0], _digest(target.name))


def _of_local_folder(root: Path, path: Path) -> Upstream | None:
    """Return the record of a folder that was downloaded to ``root`` or to a folder between it and the file."""
    for folder in (*path.parents, Path("..")) if path.parent != path else ():
        name = path.relative_to(folder) if folder != Path("..") else Path(root.name, path)
        record = root / folder / ".cache/huggingface/download" / f"{name}.metadata"
        if record.is_file():
            commit, etag, *_ = record.read_text(encoding="ascii", errors="replace").split("\n")
            return Upstream(commit.strip() or None, _digest(etag.strip()))
    return None


def _digest(text: str) -> str | None:
    kind = _DIGESTS.get(len(text))
    return f"{kind}:{text}" if kind and _HEX.fullmatch(text) else None
