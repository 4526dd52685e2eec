"""``python -m indexer``: phase one."""

from indexer.cli.running import program


def main() -> None:
    """Run the command line."""
    program.run("indexer", "Index image datasets inside their archives, and select images in SQL.", COMMANDS)


# Command name -> module in indexer.cli that defines `command`. Modules are imported on demand.
COMMANDS: dict[str, str] = {
    "init": "scanning.init",
    "sources": "scanning.sources",
    "scan": "scanning.scan",
    "sql": "looking.sql",
    "fetch": "scanning.fetch",
    "stats": "looking.stats",
    "inspect": "selecting.inspect",
    "export": "sharing.export",
    "import": "sharing.imports",
    "diff": "sharing.diff",
    "select": "selecting.select",
    "selections": "selecting.selections",
    "drop": "selecting.drop",
    "audit": "looking.audit",
    "report": "looking.report",
    "browse": "looking.browse",
    "get": "looking.get",
    "trace": "looking.trace",
}

if __name__ == "__main__":
    main()
