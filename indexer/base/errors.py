"""All errors that a user can see, as one tree.

::

    ProjectError              one line: what is wrong, where, and what to do; exit status 2
    ├── ConfigError           local.cfg or a command's options
    ├── DeclarationError      a source's TOML file
    ├── RecipeError           a recipe or a list of file ids
    ├── ManifestError         the DuckDB file: missing, locked, written by a newer version
    ├── QueryError            an SQL query of the user
    ├── SourceError           a dataset on disk: missing, changed since the scan, unreadable
    │   └── Unreachable       object storage that does not answer now
    ├── ImageError            one image that was named: not in the manifest, unreadable, undecodable
    ├── OutputError           the folder to write: exists, is full, is read-only
    └── DependencyError       a missing program or library
    CheckFailed               the command finished and found problems (differences, gaps); exit status 1
    BadData                   one image or member that cannot be used; becomes a row with its reason
"""


class ProjectError(Exception):
    """The user's input is wrong. The message is one line: what, where, what to do. Exit status 2."""


class ConfigError(ProjectError):
    """``local.cfg`` or an option cannot be used."""


class DeclarationError(ProjectError):
    """A source's declaration is wrong; the message lists every problem with its address."""


class RecipeError(ProjectError):
    """A recipe or a list of file ids cannot be used."""


class ManifestError(ProjectError):
    """The manifest's file is missing, in use, not a manifest, or written by a newer version."""


class QueryError(ProjectError):
    """An SQL query is invalid, not allowed, or exceeds its limits."""


class SourceError(ProjectError):
    """A dataset on disk is missing, unreadable, or has changed since it was scanned."""


class Unreachable(SourceError):
    """Object storage does not answer after several retries. The objects themselves may be fine."""


class ImageError(ProjectError):
    """An image that the user named is not in the manifest, or cannot be read or decoded."""


class OutputError(ProjectError):
    """The output cannot be written."""


class DependencyError(ProjectError):
    """A library or program must be installed first."""


class CheckFailed(Exception):
    """A check found problems, which are already printed. Exit status 1."""


class BadData(Exception):
    """One member or image cannot be used.

    ``reason`` is a short stable text without numbers or names, so that equal problems can be counted;
    ``detail`` describes this case.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


def reason_of(error: Exception) -> str:
    """Return why a file cannot be used, as one line without the name of the file, which a message has already."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return message_of(error)


def message_of(error: BaseException) -> str:
    """Return the message of an error as one line; the name of its class if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def first_line_of(error: BaseException) -> str:
    """Return the first line of an error's message, for libraries that add details below; see :func:`message_of`."""
    return str(error).partition("\n")[0].strip() or type(error).__name__
