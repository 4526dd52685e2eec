"""Python's UTF-8 mode (PEP 540), which is the default from Python 3.15 on."""

import os
import sys


def restart_in_utf8_mode() -> None:
    """Start the program again in UTF-8 mode if Python has another encoding for the names of files here.

    Names in manifests and archives are UTF-8. With another encoding, Python could not open files of such names.
    """
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606 - the same program
