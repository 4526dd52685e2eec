import pytest

from indexer.base import config
from indexer.base.errors import ConfigError

MANDATORY = "\n".join(f"{key} = /data/{key}" for key in config.MANDATORY)


def write(folder, text):
    file = folder / "local.cfg"
    file.write_text(text, encoding="utf-8")
    return file


def test_config_of_the_original_scripts_works(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/someone")
    text = f"[paths]\n{MANDATORY}\ngenimage = \"~/gen image\"\nsfhq-t2i = 'x'\n"
    found = config.load(write(tmp_path, text))
    assert found.root("genimage", "GenImage").as_posix() == "/home/someone/gen image"
    assert found.root("sfhq-t2i", "SFHQ-T2I") == tmp_path.resolve() / "x"
    assert found.root("coco", "coco").as_posix() == "/data/input_datasets_path/coco"
    assert found.manifest_path.as_posix() == "/data/intermediate_outputs_path/manifest.duckdb"


def test_only_sources_may_be_addresses(tmp_path):
    found = config.load(write(tmp_path, f"[paths]\n{MANDATORY}\ncoco = 's3://bucket/coco/'\n"))
    assert str(found.root("coco", "coco")) == "s3://bucket/coco"
    with pytest.raises(ConfigError, match=r"output_path = s3://bucket/out must be a folder of this machine"):
        config.load(write(tmp_path, f"[paths]\n{MANDATORY}\n".replace("/data/output_path", "s3://bucket/out")))


def test_missing_home_folder_is_reported(tmp_path):
    with pytest.raises(ConfigError, match=r"local\.cfg: coco = ~no-such-user/x: there is no such home folder"):
        config.load(write(tmp_path, f"[paths]\n{MANDATORY}\ncoco = ~no-such-user/x\n"))


def test_all_missing_keys_are_listed(tmp_path):
    with pytest.raises(ConfigError, match="lacks output_path, tmp_cache_dir, intermediate_outputs_path"):
        config.load(write(tmp_path, "[paths]\ninput_datasets_path = /data\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[other]\n", r"has no section \[paths\]"),
        ("[paths]\n[limit]\n", r"unknown section \[limit\] \(did you mean \[limits\]\?\)"),
        ("no ini file", "cannot be read"),
        ("[paths]\na = 1\na = 2\n", "cannot be read"),
    ],
)
def test_invalid_config_is_reported_in_one_line(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        config.load(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_missing_config_names_the_example(tmp_path):
    with pytest.raises(ConfigError, match=r"copy local\.cfg\.example"):
        config.load(tmp_path / "local.cfg")


def test_unknown_key_is_refused_with_the_closest_known_one(tmp_path):
    found = config.load(write(tmp_path, f"[paths]\n{MANDATORY}\ngenimge = /x\n"))
    with pytest.raises(ConfigError, match=r"unknown key 'genimge' in \[paths\] \(did you mean 'genimage'\?\)"):
        found.refuse_unknown({"genimage", "coco"})
