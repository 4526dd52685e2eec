"""Download bad files from test suites of other projects with pip and apt, into one folder outside the repository.

Images of Pillow's own tests; archives of the tests of Go, CPython, rarfile, patool, libarchive-c and libarchive.
"""

import binascii
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

SDISTS = ("pillow==13.0.0", "rarfile==4.5", "patool==4.0.7", "libarchive-c==5.3")
DEBIAN = ("golang-1.19-src", "libpython3.11-testsuite")
DEBIAN_SOURCES = ("libarchive",)
_APT = Path("/etc/apt/sources.list.d/debian.sources")


def collect(folder: Path, only: str | None) -> None:
    """Download what ``folder / fetched`` lacks, and unpack it below ``folder / files``."""
    fetched = folder / "fetched"
    fetched.mkdir(parents=True, exist_ok=True)
    if only != "apt":
        _by_pip(fetched)
    if only != "pip":
        _by_apt(fetched)
        _sources_by_apt(fetched)
    for file in sorted(fetched.glob("*.tar.*z")):
        _unpack(file, folder / "files")
    for file in sorted(fetched.glob("*.deb")):
        subprocess.run(["dpkg", "-x", file, folder / "files" / file.name.partition("_")[0]], check=True)


def _by_pip(fetched: Path) -> None:
    for name in SDISTS:
        project = name.partition("==")[0].replace("-", "?")
        if not list(fetched.glob(f"{project}-*")):
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-binary", ":all:", "--no-deps", name]
            subprocess.run(pip, cwd=fetched, check=False)


def _by_apt(fetched: Path) -> None:
    for name in DEBIAN:
        if not list(fetched.glob(f"{name}_*")):
            subprocess.run(["apt-get", "download", "-q", name], cwd=fetched, check=False)


def _sources_by_apt(fetched: Path) -> None:
    """Download source packages with a separate list of sources, so that the system's list does not change."""
    missing = [name for name in DEBIAN_SOURCES if not list(fetched.glob(f"{name}_*.orig.*"))]
    if not (missing and _APT.is_file()):
        return
    own = fetched.parent / "apt"
    for part in ("sources", "lists/partial", "cache/archives/partial"):
        (own / part).mkdir(parents=True, exist_ok=True)
    lines = _APT.read_text().splitlines()
    own_list = ["Types: deb-src" if line.startswith("Types:") else line for line in lines]
    (own / "sources/own.sources").write_text("\n".join(own_list) + "\n")
    places = {"Etc::sourcelist": "/dev/null", "Etc::sourceparts": own / "sources"}
    places |= {"State::lists": own / "lists", "Cache": own / "cache"}
    apt = ["apt-get", "-qq", *(word for key, place in places.items() for word in ("-o", f"Dir::{key}={place}"))]
    subprocess.run([*apt, "update"], check=False)
    subprocess.run([*apt, "--download-only", "source", *missing], cwd=fetched, check=False)


def _unpack(file: Path, files: Path) -> None:
    """Unpack the test files of a source distribution; the filter keeps members inside the folder."""
    target = files / file.name.partition(".tar.")[0]
    if not target.exists():
        with tarfile.open(file) as archive:
            archive.extractall(target, _tests(archive), filter="data")
        for text in sorted(target.rglob("*.uu")):
            _decode(text)


def _tests(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    return (member for member in archive if "/test" in member.name.lower() and member.isreg())


def _decode(text: Path) -> None:
    """Replace a uuencoded file by its contents; leave files of other encodings unchanged."""
    lines = text.read_bytes().partition(b"\nend")[0].splitlines()
    begin = next((at for at, line in enumerate(lines) if line.startswith(b"begin ")), len(lines))
    try:
        data = b"".join(map(binascii.a2b_uu, lines[begin + 1 :]))
    except binascii.Error:
        return
    text.with_suffix("").write_bytes(data)
    text.unlink()
