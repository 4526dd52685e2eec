"""``python -m indexer``: phase one."""

from indexer.cli import program


def main() -> None:
    """Run the command line."""
    program.run("indexer", "Index image datasets inside their archives, and select images in SQL.", COMMANDS)


# Command name -> module in indexer.cli that defines `command`. Modules are imported on demand.
COMMANDS: dict[str, str] = {
    "init": "init",
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
    "selections": "selections",
    "drop": "drop",
    "audit": "audit",
    "report": "report",
    "browse": "browse",
    "get": "get",
    "trace": "trace",
}

if __name__ == "__main__":
    main()
