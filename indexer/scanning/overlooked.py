"""Find loose files that are not what their names promise: placeholders, partial downloads, images without a suffix."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from indexer.base.placeholders import placeholder_of
from indexer.base.remote import Root
from indexer.containers.first_bytes import begins_image, include_for, unfinished_of, unread_format
from indexer.containers.kinds import DOCUMENTS, ORDINARY, suffix_of
from indexer.containers.members.rows import shown
from indexer.containers.models import Finding, Volume
from indexer.containers.set_detection import head_of

_MOST_OPENED = 10_000


def overlooked(root: Root, small: Iterable[Volume], others: Sequence[Volume]) -> Iterator[Finding]:
    """Yield findings about loose files.

    Args:
        root: the folder that paths count from.
        small: files of any suffix that have the size of a pointer of Git LFS.
        others: files whose suffix is not one of images and texts.
    """
    for file in islice(small, _MOST_OPENED):
        if found := placeholder_of(head_of(root, file)):
            yield Finding("placeholder", f"{shown(file.path)} is {found}")
    without_suffix = (file.path for file in others if suffix_of(file.path) not in ORDINARY | DOCUMENTS)
    unnamed = set(islice(without_suffix, _MOST_OPENED))
    images: list[str] = []
    for file in others:
        head = head_of(root, file)
        if (name := unfinished_of(file.path)) is not None:
            yield Finding("unfinished-download", f"{shown(file.path)}: finish the download of {shown(name)}")
        elif unread := unread_format(file.path, head):
            detail = f"{shown(file.path)} is packed as {unread}, which is not read: unpack it, or pack it as zip or tar"
            yield Finding("unread-format", detail)
        if file.path in unnamed and begins_image(head):
            images.append(file.path)
    if images:
        yield Finding("image-suffix", include_for([shown(path) for path in images], len(images)))
