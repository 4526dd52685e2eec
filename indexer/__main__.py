"""``python -m indexer``: phase one."""

from indexer.cli import program


def main() -> None:
    """Run the command line."""
    program.run("indexer", "Index image datasets where they lie, and select from them in SQL.", COMMANDS)


# A command's name and the module below indexer.cli whose `command` it is; loaded when it is called for.
COMMANDS: dict[str, str] = {
    "sources": "sources",
    "scan": "scan",
    "sql": "sql",
    "fetch": "fetch",
    "stats": "stats",
    "inspect": "inspect",
    "export": "export",
    "import": "imports",
    "diff": "diff",
    "select": "select",
    "audit": "audit",
    "report": "report",
    "browse": "browse",
}

if __name__ == "__main__":
    main()
