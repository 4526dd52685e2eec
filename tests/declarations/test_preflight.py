"""The state of sources before and after a scan, and the sources of a list of ids."""

import pytest

from indexer.declarations.compiling import compile_source
from indexer.declarations.derive import derive
from indexer.declarations.preflight import disk_space, source_states
from indexer.declarations.required_ids import prefixes_of, required_ids
from tests.support.published import lay_out


@pytest.fixture
def chosen(sources):
    return [sources[key] for key in ("coco", "drct", "synthbuster")]


def test_state_before_a_scan_comes_from_file_names(chosen, tmp_path):
    roots = {key: tmp_path / key for key in ("coco", "drct", "synthbuster")}
    for name in ("coco/annotations/captions_train2017.json", "synthbuster/dalle2/r1.png", "synthbuster/dalle3/r1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    coco, drct, synthbuster = source_states(chosen, roots)
    assert (coco.found, coco.side_missing) == (True, ())
    assert (drct.found, drct.side_missing) == (False, ())  # its captions are COCO's
    assert (synthbuster.packed, synthbuster.side_missing) == ({"folder": 2}, ("prompts",))
    missing, free = disk_space((coco, drct, synthbuster), tmp_path / "not made yet")
    assert missing == 0 < free


def test_archive_may_contain_the_side_file(chosen, tmp_path):
    (tmp_path / "synthbuster.zip").touch()
    state = source_states(chosen[2:], {"synthbuster": tmp_path / "synthbuster.zip"})[0]
    assert (state.packed, state.side_missing) == ({"zip": 1}, ())


def test_state_after_a_scan_comes_from_the_manifest(sources, chosen, manifest, tmp_path):
    lay_out(["Synthbuster/dalle2/r000da54ft", "COCO2017_train/9"], sources).write(manifest)
    derive(manifest, list(sources.values()))
    roots = dict.fromkeys(("coco", "drct", "synthbuster"), tmp_path)
    coco, drct, synthbuster = source_states(chosen, roots, manifest)
    assert coco.generator_counts == {"photographs": (1, 123_287)}
    assert not drct.scanned
    assert (synthbuster.total, synthbuster.published) == (1, 9000)
    assert synthbuster.generator_counts["DALL-E 2"] == (1, 1000)
    assert synthbuster.generator_counts["Glide"] == (0, 1000)


def test_problem_of_a_container_that_is_damaged_as_published_is_explained(sources, manifest, tmp_path):
    manifest.execute(
        "insert into container by name select 1 as container_id, 'df40' as source, unnest(['DF40/e4e.zip', 'x.zip'])"
        " as path, 'zip' as kind, [] as volumes, 0 as size, '' as fingerprint, 'failed' as status,"
        " 'no directory' as reason, 0 as listed"
    )
    (state,) = source_states([sources["df40"]], {"df40": tmp_path}, manifest)
    assert [(path, what) for path, _, what in state.container_problems] == [
        ("DF40/e4e.zip", "no directory (as published: the zip has no central directory)"),
        ("x.zip", "no directory"),
    ]


def test_ids_of_a_list_are_grouped_by_source(sources, manifest):
    have = ["Synthbuster/dalle2/r000da54ft", "COCO2017_train/9"]
    lay_out(have, sources).write(manifest)
    derive(manifest, list(sources.values()))
    ids = [*have, "COCO2017_val/139", "LAION-400M/1", "DMimageDetection/test/eg3d/1", "Unknown/1"]
    by_source = {
        group.source: (group.total, group.missing) for group in required_ids(ids, list(sources.values()), manifest)
    }
    assert by_source["synthbuster"] == (1, ())
    assert by_source["coco"] == (2, ("COCO2017_val/139",))
    assert by_source["imagenet"] == (0, ())
    assert by_source["dmid_testset"] == (1, ("DMimageDetection/test/eg3d/1",))
    assert by_source["laion400m_elsad3_real_train|laion400m_elsad3_real_validation"] == (1, ("LAION-400M/1",))
    assert by_source[""] == (1, ("Unknown/1",))


def test_every_source_has_prefixes_of_its_ids(sources):
    without = {key for key, source in sources.items() if not prefixes_of(source)}
    assert without == {"aigenbench_fake_part"}  # its rows contain its ids, which are those of other sources
    assert prefixes_of(sources["coco"]) == {"COCO2017_train", "COCO2017_val"}


@pytest.mark.slow
def test_source_compiles_to_one_select(sources, manifest):
    for source in sources.values():
        query = compile_source(source)
        assert ";" not in query
        assert manifest.execute(query) == []
