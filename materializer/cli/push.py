"""``materializer push``: upload a finished build to the Hugging Face hub."""

from pathlib import Path
from typing import Any

import click

from indexer.cli.options.common import CommonOptions, common_options
from materializer.hub import PushRequest, push


@click.command(epilog="Example: python -m materializer push built/demo USER/demo")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("repository", metavar="REPO_ID")
@click.option("--revision", default="main", show_default=True, help="The branch; it is created if it does not exist.")
@click.option("--private/--public", "private", default=True, show_default=True,
              help="Visibility of a new repository.")  # fmt: skip
@click.option("--i-have-the-rights", "has_rights", is_flag=True,
              help="Publish although a source's licence does not clearly permit it.")  # fmt: skip
@common_options
def command(options: CommonOptions, folder: Path, repository: str, **given: Any) -> None:
    """Upload a build to the Hugging Face hub.

    DIR is the build, REPO_ID the dataset repository. The build is verified first, and the repository's list of files is
    compared with it afterwards. After an interruption the same command continues. Log in with 'hf auth login', or set
    HF_TOKEN.
    """
    request = PushRequest(folder, repository, given["revision"], not given["private"], given["has_rights"])
    pushed = push(request, options.workers, options.progress)
    print(
        f"{pushed.url}: {pushed.files:,} files, {pushed.size / 1e6:,.1f} MB; the repository has the bytes of {folder}"
    )
    print(f"uploaded now: {pushed.uploaded:,} files, {pushed.uploaded_size / 1e6:,.1f} MB")
