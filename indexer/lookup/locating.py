"""Find the containers and members of images by their file_ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from indexer.base.errors import ImageError
from indexer.base.remote import Root
from indexer.containers.from_manifest import stored_container, stored_member
from indexer.containers.models import Container, MemberRef
from indexer.manifest.store import Store


@dataclass(frozen=True, slots=True)
class LocatedImage:
    """An image whose bytes can be read."""

    file_id: str
    container: Container
    member: MemberRef

    @property
    def place(self) -> str:
        """The file on disk, and the member inside it."""
        path = str(self.container.root / self.member.path)
        return f"{path}!{self.member.name}" if self.member.name is not None else path


def locate(store: Store, roots: Mapping[str, Root], file_ids: Sequence[str]) -> list[LocatedImage]:
    """Return the location of each image, container by container in reading order; each image once.

    Args:
        store: the manifest.
        roots: source key -> its root on this machine.
        file_ids: the images.

    Raises:
        ImageError: an image is not in the manifest (the message has the most similar file_id), or the location of its
            source is not known.
    """
    rows = store.arrow("lookup/locations", {"file_ids": list(file_ids)}).to_pylist()
    missing = sorted(set(file_ids) - {row["file_id"] for row in rows})
    if missing:
        similar = store.rows("lookup/similar_ids", {"file_id": missing[0]})
        hint = f"did you mean '{similar[0][0]}'?" if similar else "the manifest has no images; run a scan first"
        raise ImageError(f"no image '{missing[0]}' in {store.path}: {hint}")
    for row in rows:
        if row["source"] not in roots:
            raise ImageError(
                f"{row['file_id']}: no location is known for its source '{row['source']}': add it to local.cfg, or scan"
                " its path again"
            )
    return [
        LocatedImage(row["file_id"], stored_container(roots[row["source"]], row), stored_member(row, key))
        for key, row in enumerate(rows)
    ]
