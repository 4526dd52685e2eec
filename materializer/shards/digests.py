"""The digest of a shard: the name of a kind, a colon, and 64 hexadecimal digits.

==========  ============================================================================================
``sha256``  the sha256 of the file
``images``  the sha256 of the file in which the bytes of each image are replaced by their own sha256 (32 bytes)
==========  ============================================================================================

The second kind costs nothing where the images' hashes are known. It is as strong as the first: the bytes that are
hashed directly contain the lengths of all images, so two files with the same digest differ in no byte.
"""

from hashlib import sha256
from pathlib import Path

from indexer.base.durable import sha256_of

FILE, IMAGES = "sha256", "images"


class ImagesDigest:
    """A digest of kind ``images`` that is being computed."""

    def __init__(self) -> None:
        self._sha256 = sha256()

    def add_bytes(self, data: bytes | memoryview) -> None:
        """Add bytes of the file that belong to no image."""
        self._sha256.update(data)

    def add_images(self, digests: bytes) -> None:
        """Add images that are stored one after the other; ``digests`` are their sha256, 32 bytes each."""
        self._sha256.update(digests)

    @property
    def text(self) -> str:
        """The digest of all that was added."""
        return f"{IMAGES}:{self._sha256.hexdigest()}"


def of_sha256(hexadecimal: str) -> str:
    """Return the digest of a file with this sha256."""
    return f"{FILE}:{hexadecimal}"


def known_sha256(digest: str) -> str | None:
    """Return the sha256 (hex) of the file, if the digest is of that kind."""
    kind, _, hexadecimal = digest.partition(":")
    return hexadecimal if kind == FILE else None


def file_sha256(path: Path, digest: str) -> str:
    """Return the sha256 (hex) of the file, from its digest or from its bytes."""
    return known_sha256(digest) or sha256_of(path)
