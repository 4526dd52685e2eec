"""Push a verified build to a dataset repository, and compare the repository's list of files with the build.

A file is uploaded before the commit that names it. An interrupted push continues where it stopped: the hub skips files
that it already has. Source: https://huggingface.co/docs/huggingface_hub/guides/upload.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils.tqdm import disable_progress_bars

from indexer.base.errors import CheckFailed, ConfigError, OutputError, SourceError, message_of
from indexer.base.progress import SILENT, Progress
from indexer.base.untrusted_json import JsonObject, read_json
from indexer.base.workers import Workers
from materializer.dataset import card
from materializer.dataset.build_folder import FinishedBuild, read_build
from materializer.dataset.card.facts import CardOrigin, rows_in
from materializer.dataset.verify import verify
from materializer.hub.files import BuildFile, RemoteFile, files_of, same_files
from materializer.hub.licences import restricted_sources
from materializer.shards import record

# Files per upload: a few connections at a time, and a progress bar that moves.
_UPLOADED_TOGETHER = 4
# Files per commit; the hub answers larger ones too late.
_COMMITTED_TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class PushRequest:
    """A build to push. ``has_rights``: the user declares to have the right to publish all of it."""

    folder: Path
    repository: str
    revision: str = "main"
    public: bool = False
    has_rights: bool = False


@dataclass(frozen=True, slots=True)
class Pushed:
    """A pushed build: the address of the repository, its files and bytes, and those that were uploaded now."""

    url: str
    files: int
    size: int
    uploaded: int
    uploaded_size: int


class _Repository:
    """A dataset repository of the hub, at one revision."""

    def __init__(self, api: HfApi, request: PushRequest) -> None:
        self._api = api
        self._name = request.repository
        self._revision = request.revision

    def create(self, *, public: bool) -> str:
        """Create the repository and the branch unless they exist, and return the address."""
        url = self._api.create_repo(self._name, repo_type="dataset", private=not public, exist_ok=True)
        if self._revision != "main":
            self._api.create_branch(self._name, branch=self._revision, repo_type="dataset", exist_ok=True)
        return str(url)

    def is_public(self) -> bool:
        """Return whether the repository exists and everybody can read it."""
        try:
            return not self._api.dataset_info(self._name).private
        except GatedRepoError:
            return True
        except RepositoryNotFoundError:
            return False

    def files(self) -> list[RemoteFile]:
        """Return all files."""
        tree = self._api.list_repo_tree(self._name, repo_type="dataset", revision=self._revision, recursive=True)
        return [
            RemoteFile(file.path, file.size, file.blob_id, file.lfs.sha256 if file.lfs else None)
            for file in tree
            if isinstance(file, RepoFile)
        ]

    def upload(self, additions: Sequence[CommitOperationAdd]) -> None:
        """Upload files that a later commit names."""
        self._api.preupload_lfs_files(
            self._name, additions, repo_type="dataset", revision=self._revision, free_memory=False
        )

    def commit(self, operations: Sequence[CommitOperationAdd | CommitOperationDelete], message: str) -> None:
        """Make uploaded files, and deletions, visible."""
        self._api.create_commit(
            self._name, operations, commit_message=message, repo_type="dataset", revision=self._revision
        )


def push(request: PushRequest, workers: Workers, progress: Progress = SILENT, endpoint: str | None = None) -> Pushed:
    """Upload a build. Files that the repository already has are skipped; those of an earlier build are removed.

    Raises:
        OutputError: the folder holds no finished build, or the build differs from its record.
        ConfigError: the name of the repository is invalid, a source's licence forbids a public repository, or the
            repository holds other data.
        SourceError: the hub refuses or is unreachable.
        CheckFailed: after the upload, the repository's list differs from the build.
    """
    build = read_build(request.folder)
    repository = _Repository(HfApi(endpoint), request)
    with _hub_errors(request.repository):
        _require_rights(request, build, is_public=request.public or repository.is_public())
    _require_intact(request.folder, workers, progress)
    local = files_of(build)
    with _hub_errors(request.repository):
        disable_progress_bars()
        url = repository.create(public=request.public)
        remote = repository.files()
        stale = _stale_files(request.repository, build, local, remote)
        same = same_files(request.folder, local, remote)
        missing = [file for file in local if file.path not in same]
        _upload(repository, request.folder, missing, stale, progress)
        _require_equal(request, local, repository.files())
    size, uploaded = (sum(file.size for file in files) for files in (local, missing))
    return Pushed(url, len(local), size, len(missing), uploaded)


def _require_rights(request: PushRequest, build: FinishedBuild, *, is_public: bool) -> None:
    if not is_public or request.has_rights:
        return
    facts = JsonObject(read_json(build.folder / card.FACTS))
    restricted = restricted_sources(rows_in(facts, "sources", CardOrigin))
    if restricted:
        raise ConfigError(
            f"{request.repository} would be public, and these licences do not clearly permit redistribution:"
            f" {'; '.join(restricted)}. Push to a private repository, or use --i-have-the-rights"
        )


def _require_intact(folder: Path, workers: Workers, progress: Progress) -> None:
    found = verify(folder, None, workers, progress)
    if found.problem:
        raise OutputError(
            f"{folder} is not pushed: {found.problem}. Run 'python -m materializer verify {folder}',"
            " then build it again"
        )


def _stale_files(
    name: str, build: FinishedBuild, local: Sequence[BuildFile], remote: Sequence[RemoteFile]
) -> list[str]:
    """Return the files of an earlier build that this one does not have."""
    names = {file.path for file in local}
    others = [file.path for file in remote if file.path not in names and not file.path.startswith(".git")]
    is_build = any(file.path == record.PLAN for file in remote)
    if others and not is_build:
        raise ConfigError(
            f"{name} holds {len(others):,} other files ({min(others)}): push {build.folder} to a new repository,"
            " or remove them"
        )
    return others


def _upload(
    repository: _Repository, folder: Path, files: Sequence[BuildFile], stale: Sequence[str], progress: Progress
) -> None:
    additions = [_addition(folder, file) for file in files]
    with progress.phase("uploading", len(files), "files") as bar:
        for start in range(0, len(additions), _UPLOADED_TOGETHER):
            together = additions[start : start + _UPLOADED_TOGETHER]
            repository.upload(together)
            bar.advance(len(together), size=sum(addition.upload_info.size for addition in together))
    deletions = [CommitOperationDelete(path) for path in stale]
    # The plan first: a push that stops between two commits is recognised. The last commit completes the build.
    additions.sort(key=lambda addition: addition.path_in_repo != record.PLAN)
    operations: list[CommitOperationAdd | CommitOperationDelete] = [*additions[:1], *deletions, *additions[1:]]
    for start in range(0, len(operations), _COMMITTED_TOGETHER):
        repository.commit(operations[start : start + _COMMITTED_TOGETHER], f"Upload {folder.name}")


def _addition(folder: Path, file: BuildFile) -> CommitOperationAdd:
    addition = CommitOperationAdd(file.path, folder / file.path)
    addition.upload_info.sha256 = bytes.fromhex(file.sha256)  # not computed again
    return addition


def _require_equal(request: PushRequest, local: Sequence[BuildFile], remote: Sequence[RemoteFile]) -> None:
    same = same_files(request.folder, local, remote)
    wrong = [file.path for file in local if file.path not in same]
    if wrong:
        raise CheckFailed(
            f"{request.repository}: {len(wrong):,} files differ from the build after the upload ({wrong[0]});"
            " run the same command again"
        )


@contextmanager
def _hub_errors(name: str) -> Iterator[None]:
    try:
        yield
    except HFValidationError as error:
        raise ConfigError(f"{name!r} is not the name of a repository: write it as USER/NAME ({error})") from error
    except (HfHubHTTPError, httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        detail = message_of(error)[:300]
        hint = (
            "run 'hf auth login' with a token that may write" if status in (401, 403) else "run the same command again"
        )
        raise SourceError(f"{name}: the hub did not accept the upload ({detail}); {hint}") from error
