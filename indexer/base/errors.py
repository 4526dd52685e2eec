"""Every error a user can meet, as one tree.

::

    ProjectError              one line that names the thing, where it stands and what to do; exit status 2
    ├── ConfigError           local.cfg or a command's options
    ├── DeclarationError      a source's TOML file
    ├── RecipeError           a recipe or a list of file ids
    ├── ManifestError         the DuckDB file: absent, locked, made by another schema version
    ├── QueryError            an SQL text that a user gave
    ├── SourceError           a dataset on disk: missing, changed since the scan, unreadable
    │   └── Unreachable       object storage that gives no answer just now
    ├── OutputError           the folder to write: exists, is full, is read-only
    └── DependencyError       a program or library that has to be installed
    CheckFailed               the command did its work and found something (differences, gaps); exit status 1
    BadData                   one image or member that cannot be used; becomes a row with its reason, never a crash
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
    """The manifest's file is absent, in use, or made by another schema version."""


class QueryError(ProjectError):
    """An SQL text that a user gave is wrong, asks for what is not allowed, or for too much."""


class SourceError(ProjectError):
    """A dataset on disk is missing, unreadable, or has changed since it was scanned."""


class Unreachable(SourceError):
    """Object storage gives no answer, though it was asked several times. Nothing is wrong with what lies there."""


class OutputError(ProjectError):
    """The output folder cannot be written as asked."""


class DependencyError(ProjectError):
    """A library or program has to be installed first."""


class CheckFailed(Exception):
    """A check found something; what it found has been printed already. Exit status 1."""


class BadData(Exception):
    """One member or image cannot be used.

    ``reason`` is a short stable text without numbers or names, so that equal troubles can be counted together;
    ``detail`` says what was seen this time.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason
