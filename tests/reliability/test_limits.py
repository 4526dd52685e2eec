"""Limits from local.cfg and the command line apply."""

import zipfile

import pytest

from indexer.base.errors import ConfigError
from indexer.cli.options.common import CommonOptions
from indexer.containers.models import ArchiveLimits
from indexer.images import ImageLimits
from indexer.settings.limits import LIMIT_NAMES, read_limits
from tests.support.faults import ROOT, World, black


def test_every_limit_can_be_set():
    bounds = read_limits(dict.fromkeys(LIMIT_NAMES, "2KiB"))
    assert bounds.archives == ArchiveLimits(*[2048] * len(ArchiveLimits.__slots__))
    assert bounds.images == ImageLimits(2048, 2048)
    assert bounds.memory == 2048


def test_every_limit_is_in_the_example_with_its_default():
    text = (ROOT / "local.cfg.example").read_text(encoding="utf-8").partition("[limits]\n")[2]
    given = dict(line.removeprefix("# ").split(" = ") for line in text.splitlines())
    assert given.keys() == set(LIMIT_NAMES)
    assert read_limits(given) == read_limits({})


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"pixel": "1"}, "unknown limit 'pixel': did you mean 'pixels'?"),
        ({"memory": "9" * 400}, f"limit memory: '{'9' * 400}' is not a size: write it as 500MB, 2GiB or 1000000"),
        ({"pixels": "many"}, "limit pixels: 'many' is not a size: write it as 500MB, 2GiB or 1000000"),
    ],
)
def test_invalid_limit_is_refused(texts: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_limits(texts)
    assert str(caught.value) == message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("[limits]\npixels = many", "local.cfg: [limits]: limit pixels: 'many' is not a size"),
        ("[database]\nmemory = lots", "local.cfg: [database]: memory: 'lots' is not a size: write it as 8GiB"),
        ("[database]\nthreads = 0", "local.cfg: [database]: threads: '0' is not a size: write it as 4"),
        ("[database]\nmemry = 8GB", "local.cfg: [database]: unknown setting 'memry': did you mean 'memory'?"),
    ],
)
def test_invalid_value_is_reported_with_its_file(world: World, section: str, message: str) -> None:
    with (world.folder / "local.cfg").open("a") as config:
        config.write(f"{section}\n")
    done = world.scan()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr


def test_database_settings_apply(world: World) -> None:
    with (world.folder / "local.cfg").open("a") as config:
        config.write("[database]\nmemory = 1500MB\nthreads = 1\n")
    assert world.scan().returncode == 0
    options = CommonOptions(world.folder / "local.cfg", None, jobs=1, quiet=True, debug=False)
    for opened in (options.reading, options.writing):
        with opened() as store:
            settings = "select current_setting('memory_limit'), current_setting('threads')"
            assert store.execute(settings) == [("1.3 GiB", 1)]


@pytest.mark.slow
def test_too_little_database_memory_is_reported_with_its_setting(scanned: World) -> None:
    with (scanned.folder / "local.cfg").open("a") as config:
        config.write("[database]\nmemory = 1MB\n")
    done = scanned.build()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "increase memory in [database] of local.cfg, then continue with: python -m materializer build" in done.stderr


@pytest.mark.slow
def test_limits_apply_to_scan_and_build(world: World) -> None:
    assert world.scan("--limit", "members=5").returncode == 1
    assert set(world.health().values()) > {"complete"}
    assert world.scan().returncode == 0, "an archive that met a limit is read again under a higher one"
    world.select()
    with (world.folder / "local.cfg").open("a") as config:
        config.write("[limits]\npixels = 100\n")
    done = world.build()
    assert done.returncode == 1
    assert "60 rows are missing: no spare was left" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("memory", ["100MB", "1GB"])
def test_image_over_the_memory_limit_is_refused_alone(world: World, memory: str) -> None:
    """Its 1.6 GB of pixels are within the limit of pixels, but exceed the memory of a worker."""
    with zipfile.ZipFile(world.source / "large.zip", "w") as archive:
        archive.writestr("synthbuster/dalle2/r0999.png", black(20_000))
    assert world.scan().returncode == 0
    world.select()
    given = ["--limit", "pixels=1000000000", "--limit", f"memory={memory}", "--quiet"]
    assert world.run("indexer", "inspect", "all", *given).returncode == 0
    bad = "select name, i.status, i.reason from inspection i join member using (member_id) where i.status <> 'ok'"
    assert world.query(bad) == [
        ("synthbuster/dalle2/r0999.png", "crashed", "needed more memory than its worker may have")
    ]
    assert world.query("select count(*) from inspection where status = 'ok'") == [(60,)]
