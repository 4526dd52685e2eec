"""``python -m materializer``: phase two."""

from indexer.cli.running import program


def main() -> None:
    """Run the command line."""
    program.run("materializer", "Build a dataset from the selected rows of a manifest.", COMMANDS)


# A command's name -> the module of materializer.cli with its `command`; imported only when it is used.
COMMANDS: dict[str, str] = {
    "build": "build",
    "plan": "plan",
    "verify": "verify",
    "finalize": "finalize",
    "report": "report",
    "push": "push",
}

if __name__ == "__main__":
    main()
