"""Download files from the Hugging Face hub with its own client, which resumes interrupted downloads."""

import fnmatch
from collections.abc import Sequence
from pathlib import Path

import httpx2
import huggingface_hub
from huggingface_hub import errors

from indexer.base.errors import ConfigError, SourceError, message_of
from indexer.declarations.models import Source
from indexer.fetching import downloads


def files_to_download(source: Source, only: Sequence[str]) -> dict[str, list[str]]:
    """Map each repository of ``source`` to the globs of its files; ``only`` narrows them.

    Raises:
        ConfigError: the source is not on the hub, or ``only`` matches none of its files.
    """
    repositories: dict[str, list[str]] = {}
    for download in source.info.downloads:
        if download.hub:
            repositories.setdefault(download.hub, []).extend(downloads.patterns(download))
    if not repositories:
        key = source.key
        raise ConfigError(f"{key} is not on the Hugging Face hub. Run 'fetch {key}' to see where to download it.")
    return {repository: _narrowed(globs, only) for repository, globs in repositories.items()}


def _narrowed(globs: Sequence[str], only: Sequence[str]) -> list[str]:
    """Return ``only`` if each of it is within ``globs``: a narrower glob matches a wider one as if it were a name."""
    if not only:
        return list(globs)
    kept = [each for each in only if any(fnmatch.fnmatchcase(each, glob) for glob in globs)]
    if len(kept) < len(only):
        unknown = ", ".join(sorted({*only} - {*kept}))
        raise ConfigError(f"--only {unknown} matches no file of this source; its files are {', '.join(globs)}")
    return kept


def download(repository: str, globs: Sequence[str], to: Path, endpoint: str | None = None) -> None:
    """Download the matching files of a dataset repository to a folder in the hub's layout; run again to resume.

    Raises:
        SourceError: the hub refuses, does not have the repository, or is unreachable.
    """
    try:
        # Requested first: snapshot_download succeeds with an existing local folder when the hub does not respond.
        revision = huggingface_hub.HfApi(endpoint).dataset_info(repository).sha
        huggingface_hub.snapshot_download(
            repository,
            repo_type="dataset",
            revision=revision,
            local_dir=to,
            allow_patterns=list(globs),
            endpoint=endpoint,
        )
    except errors.GatedRepoError:
        page = f"https://huggingface.co/datasets/{repository}"
        message = f"{repository} requires access on request. Request it at {page}, then run 'hf auth login'."
        raise SourceError(message) from None
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, httpx2.HTTPError, OSError) as error:
        detail = message_of(error)[:300]
        message = f"{repository} cannot be downloaded from the hub ({detail}). Run the same command again to resume."
        raise SourceError(message) from error
