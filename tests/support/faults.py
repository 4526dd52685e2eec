"""A small world of pictures in every kind of container, both programs run as commands, and faults by strace."""

import io
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from PIL import Image

from tests.support.processes import running
from tests.support.programs import require_program

ROOT = Path(__file__).parents[2]
CONFIG = (
    "[paths]\ninput_datasets_path = in\noutput_path = out\ntmp_cache_dir = tmp\nintermediate_outputs_path = index\n"
)
PICTURES = 12  # in each archive
LONGEST = 180  # seconds of a traced run; a normal one takes a few


@dataclass(frozen=True, slots=True)
class Fault:
    """Inject ``action`` (strace's syntax after ``inject=SYSCALL:``) when ``calls`` use ``path``."""

    calls: str
    action: str
    path: Path | None = None

    def command(self, log: Path) -> list[str]:
        """Return the prefix of a command."""
        where = ["-P", str(self.path)] if self.path else []
        options = [f"trace={self.calls}", f"inject={self.calls}:{self.action}", "signal=none"]
        return ["strace", "-f", "-qq", "-o", str(log), *(word for one in options for word in ("-e", one)), *where]


@dataclass(frozen=True, slots=True)
class Watch:
    """Log ``calls`` with the paths of their descriptors; inject nothing."""

    calls: str

    def command(self, log: Path) -> list[str]:
        """Return the prefix of a command."""
        return ["strace", "-f", "-qq", "-y", "-o", str(log), "-e", f"trace={self.calls}", "-e", "signal=none"]


@dataclass(frozen=True, slots=True)
class World:
    """A folder with local.cfg and one source with pictures in archives and loose files."""

    folder: Path

    @property
    def source(self) -> Path:
        """The source's folder."""
        return self.folder / "in" / "synthbuster"

    @property
    def manifest(self) -> Path:
        """The manifest."""
        return self.folder / "index" / "manifest.duckdb"

    def command(self, program: str, *arguments: object) -> list[str]:
        """Return a command line of ``indexer`` or ``materializer``."""
        return [sys.executable, "-m", program, *map(str, arguments)]

    def start(self, command: Sequence[str], **environment: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """Run a command in the world's folder, in a process group of its own."""
        settings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        return running(
            command, cwd=self.folder, env=settings, text=True, errors="replace", start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(
        self, program: str, *arguments: object, fault: Fault | Watch | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, optionally with a fault."""
        if fault:
            require_program("strace")
        before = fault.command(self.folder / "strace.log") if fault else []
        with self.start([*before, *self.command(program, *arguments)]) as child:
            output, errors = heard(child) if fault else child.communicate(timeout=600)
        return subprocess.CompletedProcess(child.args, child.returncode, output, errors)

    def scan(self, *options: object, fault: Fault | Watch | None = None) -> subprocess.CompletedProcess[str]:
        """Run ``indexer scan`` of the source."""
        return self.run("indexer", "scan", "--source", "synthbuster", "--quiet", "--jobs", 2, *options, fault=fault)

    def build(self, name: str = "built", fault: Fault | Watch | None = None) -> subprocess.CompletedProcess[str]:
        """Run ``materializer build`` of the selection ``all``, which :meth:`select` makes."""
        given = ["--selection", "all", "--output", f"out/{name}", "--shard-size", "30KB", "--jobs", 2, "--quiet"]
        return self.run("materializer", "build", *given, fault=fault)

    def select(self) -> None:
        """Select every picture."""
        ids = self.query("select file_id from manifest where status = 'ok' order by file_id")
        (self.folder / "ids.txt").write_text("".join(f"{file_id}\n" for (file_id,) in ids))
        done = self.run("indexer", "select", "--ids", "train=ids.txt", "--name", "all", "--force", "--quiet")
        assert done.returncode == 0, done.stderr

    def query(self, query: str) -> list[tuple[object, ...]]:
        """Return rows of the manifest."""
        with duckdb.connect(str(self.manifest), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def rows(self) -> list[tuple[object, ...]]:
        """Return everything that a scan finds, without ids and in a fixed order."""
        return self.query(
            'select c.path, c.status, m.ordinal, m.path, m.name, m.size, m.crc32, m.access, m."offset", m.problem,'
            " a.file_id, a.status from container c left join member m using (container_id)"
            " left join attributes a using (member_id) order by all"
        )

    def health(self) -> dict[object, object]:
        """Return every container's status by path."""
        return dict(self.query("select path, status from container order by all"))  # type: ignore[arg-type]

    def built(self, name: str = "built") -> dict[str, bytes]:
        """Return every file of a build with its bytes."""
        folder = self.folder / "out" / name
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def heard(strace: subprocess.Popen[str]) -> tuple[str, str]:
    """Return output and errors of a traced command, and end what is left of it.

    Workers of a killed command, and strace with them, run on for minutes. joblib waits forever when a write to one of
    its own pipes fails, which only an injected fault causes.
    """
    children = Path(f"/proc/{strace.pid}/task/{strace.pid}/children")
    until = time.monotonic() + LONGEST
    while strace.poll() is None and not children.read_text():
        time.sleep(0.01)
    while strace.poll() is None and children.read_text() and time.monotonic() < until:
        time.sleep(0.05)
    try:
        return strace.communicate(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(strace.pid, signal.SIGKILL)
        return strace.communicate()


def picture(seed: int, size: int = 24) -> bytes:
    """Return a PNG of noise."""
    packed = io.BytesIO()
    Image.frombytes("RGB", (size, size), random.Random(seed).randbytes(3 * size * size)).save(packed, "PNG")
    return packed.getvalue()


def black(side: int) -> bytes:
    """Return a PNG of ``side`` times ``side`` transparent pixels, made of one repeated deflate block."""
    count, rest = divmod(side * (4 * side + 1), 1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(bytes(rest)) + packer.flush()
    checksum = struct.pack(">HH", (count << 20 | rest) % 65_521, 1)  # Adler-32 of zeros
    pixels = b"\x78\xda" + block * count + end + checksum
    chunks = (b"IHDR", struct.pack(">LLBBBBB", side, side, 8, 6, 0, 0, 0)), (b"IDAT", pixels), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data)) for kind, data in chunks
    )


def make(folder: Path, seed: int = 0) -> World:
    """Make a world below ``folder``: a zip, a tar, a tar.gz, a cpio, and loose files."""
    world = World(folder)
    world.source.mkdir(parents=True)
    (folder / "local.cfg").write_text(CONFIG)
    for at, kind in enumerate(("zip", "tar", "tar.gz", "cpio", "")):
        first = 100 * at
        files = {f"synthbuster/dalle2/r{n:04}.png": picture(seed + n) for n in range(first, first + PICTURES)}
        _pack(world.source, kind, files)
    lines = (f"r{n:04},a house\n" for n in range(1_000))
    (world.source / "synthbuster/prompts.csv").write_text("image name (matching Raise-1k),Prompt\n" + "".join(lines))
    return world


def _pack(folder: Path, kind: str, files: dict[str, bytes]) -> None:
    if kind == "zip":
        with zipfile.ZipFile(folder / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name), data)
        return
    if kind.startswith("tar"):
        with tarfile.open(folder / f"set.{kind}", "w:gz" if kind == "tar.gz" else "w") as tar:
            for name, data in files.items():
                tar.addfile(_sized(name, data), io.BytesIO(data))
        return
    base = folder / "packing" if kind else folder
    for name, data in files.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if kind:
        subprocess.run(
            [require_program("bsdtar"), "--format", kind, "-cf", f"../set.{kind}", "synthbuster"], cwd=base, check=True
        )
        shutil.rmtree(base)


def _sized(name: str, data: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info
