"""Two labs, the same images packed otherwise: the second one rebuilds the dataset to the byte, and proves it."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
RECIPE = """
seed = 7
generators = ["ADM"]
per_generator = 10

[split]
train = 0.8
validation = 0.2

[photographs]
origins = ["COCO2017_train"]
"""


def jpeg(number):
    """A picture like no other, 64 KB of noise at most."""
    noise = b"".join(hashlib.sha256(f"{number}/{row}".encode()).digest() for row in range(24))
    picture = Image.frombytes("L", (16, 48), noise).convert("RGB").resize((256, 256))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


FAKES = {f"imagenet_ai_0508_adm/train/ai/{n}_adm_{n}.PNG": jpeg(n) for n in range(16)}
PHOTOGRAPHS = {f"train2017/{n:012}.jpg": jpeg(n) for n in range(100, 124)}
CAPTIONS = {"annotations": [{"id": n, "image_id": n, "caption": f"noise {n}"} for n in range(100, 124)]}


class Lab:
    """A machine of its own: sources, local.cfg, manifest."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "datasets" / "GenImage" / "ADM").mkdir(parents=True)
        (folder / "datasets" / "coco" / "annotations").mkdir(parents=True)
        (folder / "datasets" / "coco" / "annotations" / "captions_train2017.json").write_text(json.dumps(CAPTIONS))
        keys = ("input_datasets_path", "output_path", "tmp_cache_dir", "intermediate_outputs_path")
        lines = [f"{key} = {folder / ('datasets' if key.startswith('input') else key)}" for key in keys]
        (folder / "local.cfg").write_text("\n".join(["[paths]", *lines]))
        (folder / "mine.toml").write_text(RECIPE)

    def run(self, program, *arguments, status=0):
        done = subprocess.run(
            [sys.executable, "-m", program, *arguments, "--quiet", "--jobs", "1"],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def zipped(self, images):
        """As upstream ships them."""
        _zip(self.folder / "datasets" / "GenImage" / "ADM" / "imagenet_ai_0508_adm.zip", _under(images, "imagenet"))
        _zip(self.folder / "datasets" / "coco" / "train2017.zip", _under(images, "train2017"))
        self.run("indexer", "scan", "--source", "genimage", "--source", "coco")
        return self

    def otherwise(self, images):
        """Fakes in a compressed tar, photographs unpacked."""
        with tarfile.open(self.folder / "datasets" / "GenImage" / "ADM" / "adm.tar.gz", "w:gz") as archive:
            for name, data in sorted(_under(images, "imagenet").items(), reverse=True):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        for name, data in _under(images, "train2017").items():
            path = self.folder / "datasets" / "coco" / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        self.run("indexer", "scan", "--source", "genimage", "--source", "coco")
        return self


def _under(images, top):
    return {name: data for name, data in images.items() if name.startswith(top)}


def _zip(path, images):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in images.items():
            archive.writestr(name, data)


def shards(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """What the first lab gives away, and the shards that it built; nothing else of it is left."""
    folder = tmp_path_factory.mktemp("labs")
    first = Lab(folder / "first").zipped(FAKES | PHOTOGRAPHS)
    first.run("indexer", "select", "mine.toml", "--name", "mine")
    first.run("materializer", "build", "--selection", "mine", "--output", "built")
    first.run("indexer", "export", "mine", "shared")
    built = shards(folder / "first" / "built")
    (folder / "first" / "shared").rename(folder / "shared")
    shutil.rmtree(folder / "first")
    return folder / "shared", built


@pytest.mark.slow
def test_second_lab_builds_and_verifies_the_same_bytes(shared, tmp_path):
    manifest, built = shared
    second = Lab(tmp_path / "second").otherwise(FAKES | PHOTOGRAPHS)
    second.run("materializer", "build", "--manifest", str(manifest), "--output", "built")
    assert shards(tmp_path / "second" / "built") == built
    output = second.run("materializer", "verify", "built", "--manifest", str(manifest))
    assert "20 identical bytes; 0 identical pixels; 0 different; 0 substituted; 0 missing; 0 extra" in output


@pytest.mark.slow
def test_missing_and_damaged_images_are_graded(shared, tmp_path):
    manifest, _ = shared
    chosen = (manifest / "file_ids" / "train_fake_file_ids.txt").read_text().split()
    missing, changed = (f"imagenet_ai_0508_adm/train/ai/{Path(name).name}.PNG" for name in chosen[:2])
    images = {name: data for name, data in (FAKES | PHOTOGRAPHS).items() if name != missing}
    images[changed] = jpeg(999)
    lab = Lab(tmp_path / "third").otherwise(images)
    output = lab.run("materializer", "build", "--manifest", str(manifest), "--output", "built", status=2)
    assert f"GenImage/train: 1 missing, for instance {chosen[0]}" in output
    build = ("build", "--manifest", str(manifest), "--missing", "substitute", "--output", "built")
    output = lab.run("materializer", *build, status=1)  # two images are missing, and there is one spare
    assert "19 images, 1 of them substitutes" in output
    assert "1 row is not on this machine and left out: the export has no more spares" in output
    output = lab.run("materializer", "verify", "built", "--manifest", str(manifest), status=1)
    assert "18 identical bytes; 0 identical pixels; 0 different; 1 substituted; 1 missing; 0 extra" in output
    assert "NOT as expected" in output


@pytest.mark.slow
def test_build_with_too_few_spares_exits_with_1(shared, tmp_path):
    manifest, _ = shared
    lab = Lab(tmp_path / "few").otherwise(dict(list(FAKES.items())[:4]) | PHOTOGRAPHS)
    imported = lab.run("indexer", "import", str(manifest), "--missing", "substitute", status=1)
    assert "are missing and have no substitute" in imported
    build = ("build", "--manifest", str(manifest), "--missing", "substitute", "--output", "built")
    output = lab.run("materializer", *build, status=1)
    assert "11 images, 0 of them substitutes" in output  # of 20; the spare is missing, too
    assert "9 rows are not on this machine and left out: the export has no more spares" in output
    lab.run("materializer", "build", "--manifest", str(manifest), "--missing", "skip", "--output", "skipped")


@pytest.mark.slow
def test_renamed_and_reencoded_images_are_built_and_graded(shared, tmp_path):
    manifest, built = shared
    chosen = (manifest / "file_ids" / "train_fake_file_ids.txt").read_text().split()
    renamed, remarked = (f"imagenet_ai_0508_adm/train/ai/{Path(name).name}.PNG" for name in chosen[:2])
    images = FAKES | PHOTOGRAPHS
    images["imagenet_ai_0508_adm/train/ai/99_adm_99.PNG"] = images.pop(renamed)
    lab = Lab(tmp_path / "renamed").zipped(images)
    output = lab.run("materializer", "build", "--manifest", str(manifest), "--output", "built")
    assert "1 of them have another file_id here" in output
    assert shards(tmp_path / "renamed" / "built") == built
    assert "20 identical bytes" in lab.run("materializer", "verify", "built", "--manifest", str(manifest))
    lab.run("materializer", "verify", "built")

    images[remarked] = images[remarked][:2] + b"\xff\xfe\x00\x05abc" + images[remarked][2:]  # a comment
    lab.zipped(images).run("indexer", "select", "mine.toml", "--name", "inspected")  # equal pixels need it
    lab.run("materializer", "build", "--manifest", str(manifest), "--output", "pixels", status=2)
    lab.run("materializer", "build", "--manifest", str(manifest), "--match", "pixels", "--output", "pixels")
    output = lab.run("materializer", "verify", "pixels", "--manifest", str(manifest), status=1)
    assert "19 identical bytes; 1 identical pixels; 0 different; 0 substituted; 0 missing; 0 extra" in output


@pytest.mark.slow
def test_other_bytes_are_graded_by_pixels(shared, tmp_path):
    manifest, _ = shared
    chosen = (manifest / "file_ids" / "train_fake_file_ids.txt").read_text().split()
    remarked, changed = (f"imagenet_ai_0508_adm/train/ai/{Path(name).name}.PNG" for name in chosen[:2])
    images = FAKES | PHOTOGRAPHS
    images[remarked] = images[remarked][:2] + b"\xff\xfe\x00\x05abc" + images[remarked][2:]  # a comment
    images[changed] = jpeg(999)
    lab = Lab(tmp_path / "fourth").zipped(images)
    lab.run("indexer", "select", "mine.toml", "--name", "mine")
    lab.run("materializer", "build", "--selection", "mine", "--output", "built")
    output = lab.run("materializer", "verify", "built", "--manifest", str(manifest), status=1)
    assert f"train {chosen[0]}: identical pixels" in output
    assert f"train {chosen[1]}: different" in output
    assert "18 identical bytes; 1 identical pixels; 1 different; 0 substituted; 0 missing; 0 extra" in output
