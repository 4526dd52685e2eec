"""What lies on the Hugging Face hub: its own client gets what is asked for, and goes on where it stopped."""

import fnmatch
from collections.abc import Sequence
from pathlib import Path

import httpx2
import huggingface_hub
from huggingface_hub import errors

from indexer.base.errors import ConfigError, SourceError
from indexer.declarations.models import Source
from indexer.fetching import downloads


def wanted(source: Source, only: Sequence[str]) -> dict[str, list[str]]:
    """Repository -> globs of the files to get; ``only`` narrows them.

    Raises:
        ConfigError: the source is not on the hub, or ``only`` matches nothing of it.
    """
    repositories: dict[str, list[str]] = {}
    for download in source.info.downloads:
        if download.hub:
            repositories.setdefault(download.hub, []).extend(downloads.patterns(download))
    if not repositories:
        raise ConfigError(f"{source.key} is not on the Hugging Face hub: 'fetch {source.key}' says where to get it")
    return {repository: _narrowed(globs, only) for repository, globs in repositories.items()}


def _narrowed(globs: Sequence[str], only: Sequence[str]) -> list[str]:
    """Of two globs the narrower one: a file's name matches a glob, a narrower glob does so as if it were a name."""
    if not only:
        return list(globs)
    kept = [each for each in only if any(fnmatch.fnmatchcase(each, glob) for glob in globs)]
    if len(kept) < len(only):
        raise ConfigError(f"--only {', '.join(sorted({*only} - {*kept}))}: the files are {', '.join(globs)}")
    return kept


def download(repository: str, globs: Sequence[str], to: Path, endpoint: str | None = None) -> None:
    """Bring the files of a dataset repository that match to a folder, laid out as on the hub; run again to go on.

    Raises:
        SourceError: the hub refuses, does not know it, or cannot be reached.
    """
    try:
        # Asked for first: snapshot_download takes a folder that is there for the answer when the hub gives none.
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
        raise SourceError(f"{repository} is given on request: ask at {page}, then run 'hf auth login'") from None
    except (errors.HfHubHTTPError, errors.LocalEntryNotFoundError, httpx2.HTTPError, OSError) as error:
        told = " ".join(str(error).split())[:300]
        raise SourceError(f"{repository} cannot be had from the hub ({told}): run again to go on") from error
