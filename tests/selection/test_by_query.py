"""Selections by SQL: the sandbox's rows, sample, splits, groups, the record."""

import hashlib
import tomllib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import ManifestError, QueryError, RecipeError
from indexer.manifest.sandbox import QueryLimits
from indexer.manifest.store import Store, open_for_reading, open_for_writing
from indexer.selection.by_query import Queried, select_query
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.query_rows import rows_of
from indexer.selection.storing import drop, require_free
from tests.support.worlds import Picture, photographs, world

HALVES = {"train": 0.5, "validation": 0.5}
FIFTHS = {"train": 0.8, "validation": 0.2}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """200 fakes of ten prompts, 100 real images, an unreadable and an undecodable one."""
    pictures = [
        *(Picture(f"o/A/{n}", "o", "A", prompt=f"prompt {n % 10}", side=100 + n) for n in range(200)),
        *photographs("coco", 100),
        Picture("o/A/bad", "o", "A", status="unreadable"),
        Picture("o/A/cut", "o", "A", inspected="truncated"),
    ]
    world(tmp_path / "m.duckdb", pictures).close()
    return tmp_path / "m.duckdb"


def select(manifest: Path, recipe: QueryRecipe) -> Queried:
    """Select by a query that runs in the sandbox."""
    rows = rows_of(manifest, recipe)
    with open_for_writing(manifest) as store:
        return select_query(store, recipe, rows, "mine")


def select_of(manifest: Path, query: str, **choices: object) -> Queried:
    """Select by a query that runs in this process, which takes a tenth of the time."""
    with open_for_writing(manifest) as store:
        blank = "null::varchar as split, null::varchar as role, []::varchar[] as groups, null::varchar as file_id"
        text = f"select file_id, split, role, groups from ({query} union all by name select {blank} where false)"
        rows = store.connection.sql(text).to_arrow_table()
        return select_query(store, QueryRecipe(query, **choices), rows, "mine")  # type: ignore[arg-type]


def chosen(manifest: Path, columns: str = "split, position, file_id, role") -> list[tuple[object, ...]]:
    with open_for_reading(manifest) as store:
        return store.execute(f"select {columns} from selection where name = 'mine' order by split, position")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select file_id, 'a' as split, 'b' as Split from manifest", "2 columns named split"),
        ("select * from manifest m join manifest n on m.file_id = n.file_id", "2 columns named file_id"),
        ("select *, 'x' as generator from manifest", "2 columns named generator"),
    ],
)
def test_two_columns_of_one_name_are_refused(manifest: Path, query: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        rows_of(manifest, QueryRecipe(query, groups=("Generator",)))


@pytest.mark.slow
def test_sample_and_fractions_are_exact_and_repeatable(manifest: Path) -> None:
    recipe = QueryRecipe("select file_id from manifest where label = 1 and status = 'ok';  -- fakes\n/* all\n */",
                         seed="7", sample=101, splits=FIFTHS)  # fmt: skip
    found = select(manifest, recipe)
    first = chosen(manifest)
    assert found.counts == (("train", "sampled", 81), ("validation", "sampled", 20))
    assert not found.missing
    assert found.usable == 200
    assert [row[1] for row in first if row[0] == "train"] == list(range(81))
    select(manifest, QueryRecipe("from manifest where generator = 'A' and status = 'ok' order by file_id desc",
                                 seed="7", sample=101, splits=FIFTHS))  # fmt: skip
    assert chosen(manifest) == first
    select_of(manifest, recipe.sql.partition(";")[0], seed="8", sample=101, splits=FIFTHS)
    assert chosen(manifest) != first


def test_larger_sample_keeps_the_smaller_one(manifest: Path) -> None:
    sizes = []
    for sample in (20, 60):
        select_of(manifest, "select file_id from manifest where status = 'ok'", sample=sample)
        sizes.append({row[0] for row in chosen(manifest, "file_id")})
    assert sizes[0] < sizes[1]


@pytest.mark.slow
def test_sample_of_a_large_manifest_reads_few_rows(manifest: Path) -> None:
    recipe = QueryRecipe("from manifest where status = 'ok'", seed="it's", sample=20)
    few = rows_of(manifest, recipe, images=20_000)
    assert few.num_rows == 302 - 2
    few = rows_of(manifest, recipe, images=2_000_000)
    assert 24 <= few.num_rows < 100
    with open_for_writing(manifest) as store:
        select_query(store, recipe, few, "mine")
    sample = chosen(manifest)
    select(manifest, recipe)
    assert chosen(manifest) == sample


def test_splits_and_roles_of_the_query_are_kept(manifest: Path) -> None:
    text = """
        select file_id, if(label = 1, 'test', 'train') as Split, if(width = 150, 'spare', 'sampled') as ROLE
        from manifest where status = 'ok' and (width between 140 and 160 or label = 0)
    """
    found = select(manifest, QueryRecipe(text))
    assert found.counts == (("test", "sampled", 20), ("test", "spare", 1), ("train", "sampled", 100))
    assert chosen(manifest)[20][2:] == ("o/A/50", "spare")


def test_images_that_share_a_value_share_a_split(manifest: Path) -> None:
    select(manifest, QueryRecipe("from manifest where status = 'ok'", splits=HALVES, groups=("positive_prompt",)))
    with open_for_reading(manifest) as store:
        by_prompt = store.execute(
            "select positive_prompt, count(distinct split), count(*) from selection join manifest using (file_id)"
            " where label = 1 group by all"
        )
        reals = store.execute("select split, count(*) from selection where file_id like 'coco/%' group by all")
    assert len(by_prompt) == 10
    assert all(splits == 1 and images == 20 for _, splits, images in by_prompt)
    assert len(reals) == 2  # without a prompt, an image is a group of its own


@pytest.mark.slow
def test_several_expressions_join_groups(tmp_path: Path, manifest: Path) -> None:
    """Scenes of the query and a column of the manifest form one chain of all images."""
    (tmp_path / "scenes.csv").write_text("file_id,scene\no/A/0,x\no/A/1,x\no/A/2,y\no/A/11,y\no/A/10,z\no/A/3,\n")
    text = "select file_id, scene from scenes"
    recipe = QueryRecipe(text, splits=HALVES, groups=("SCENE", "positive_prompt"),
                         tables={"scenes": tmp_path / "scenes.csv"})  # fmt: skip
    with pytest.raises(RecipeError, match=r"the group of 'o/A/0' has 5 images, more than the largest split 'train'"):
        select(manifest, recipe)
    assert not chosen(manifest)
    select(manifest, QueryRecipe(text, splits=HALVES, groups=("scene",), tables=recipe.tables))
    split_of = {file_id: split for split, file_id in chosen(manifest, "split, file_id")}
    assert split_of["o/A/0"] == split_of["o/A/1"]
    assert split_of["o/A/2"] == split_of["o/A/11"]


def test_empty_lists_group_nothing(manifest: Path) -> None:
    select_of(manifest, "select file_id, ['[]', ''] as groups from manifest where label = 0", splits=HALVES)
    assert len(chosen(manifest)) == 100


def test_query_without_a_usable_image_names_one(manifest: Path) -> None:
    with pytest.raises(RecipeError, match=r"2 unknown or unusable images, such as '.+' \(.+\): nothing"):
        select_of(manifest, "select unnest(['x', 'x', 'o/A/bad']) as file_id")


def test_own_parquet_is_a_table(tmp_path: Path, manifest: Path) -> None:
    pq.write_table(pa.table({"id": ["o/A/1", "o/A/2"], "score": [0.5, 0.9]}), tmp_path / "scores.parquet")
    text = "select m.file_id from manifest m join scores s on s.id = m.file_id where score > 0.6"
    select(manifest, QueryRecipe(text, tables={"scores": tmp_path / "scores.parquet"}))
    assert chosen(manifest, "file_id") == [("o/A/2",)]


def test_text_tables_have_any_delimiter_and_keep_ids_as_texts(tmp_path: Path) -> None:
    world(tmp_path / "m.duckdb", [Picture(name, "o", "A") for name in ("007", "08", "9")]).connection.close()
    (tmp_path / "a.csv").write_text('\ufefforder;FILE_ID\r\n"1;5";007\r\n"two\nlines";08\r\n', encoding="utf-8")
    (tmp_path / "b.TSV").write_text("file_id\tscore\n007\t1\n9\t3\n")
    (tmp_path / "c.csv").write_text('file_id,"the\nscore"\n08,2\n')
    text = (
        'select file_id from a where "order" like \'%;5\' union all select file_id from "table" where score = 3'
        ' union all select file_id from c where "the\nscore" = 2;'
    )
    tables = {"a": tmp_path / "a.csv", "table": tmp_path / "b.TSV", "c": tmp_path / "c.csv"}
    rows = rows_of(tmp_path / "m.duckdb", QueryRecipe(text, tables=tables))
    assert sorted(rows["file_id"].to_pylist()) == ["007", "08", "9"]


@pytest.mark.parametrize("name", ["id", "name"])
def test_ids_of_digits_are_texts_in_any_column(tmp_path: Path, name: str) -> None:
    world(tmp_path / "m.duckdb", [Picture(one, "o", "A") for one in ("007", "1", "o/A")]).connection.close()
    (tmp_path / "a.csv").write_text(f"{name} ,text, score\n007,{'x' * 200_000},0.5\n1,,1.5\n")
    text = f"select file_id from manifest join a on a.{name} = file_id where score > 0"
    rows = rows_of(tmp_path / "m.duckdb", QueryRecipe(text, tables={"a": tmp_path / "a.csv"}))
    assert sorted(rows["file_id"].to_pylist()) == ["007", "1"]


def test_number_types_that_duckdb_lacks_are_read_as_floats(tmp_path: Path, manifest: Path) -> None:
    half = pa.float16()
    columns = {"half": pa.array([1, 2], half), "wide": pa.array([1, 2], pa.decimal256(50, 2)),
               "vector": pa.array([[1], [2]], pa.list_(half))}  # fmt: skip
    pq.write_table(pa.table({"file_id": ["o/A/1", "o/A/2"], **columns}), tmp_path / "t.parquet")
    text = "select file_id from t where half > 1 and wide > 1 and vector[1] > 1"
    rows = rows_of(manifest, QueryRecipe(text, tables={"t": tmp_path / "t.parquet"}))
    assert rows["file_id"].to_pylist() == ["o/A/2"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv cannot be read as a table: .*Empty CSV"),
        ("a.csv", b"file_id,na\xefve\n1,2\n", "a.csv cannot be read as a table: it is not text in UTF-8"),
        ("a.csv", b"a" * 200_000, "a.csv cannot be read as a table: field larger"),
        ("a.csv", b"file_id,x\n1\n", "a.csv cannot be read as a table: CSV parse error: Row #2: Expected 2 columns"),
        ("a.txt", b"file_id\n", "a.txt has no suffix of a known table"),
        ("absent.parquet", None, "absent.parquet cannot be read as a table: there is no such file"),
    ],
)
def test_wrong_table_is_named(tmp_path: Path, manifest: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(QueryError, match=message) as caught:
        rows_of(manifest, QueryRecipe("select file_id from t", tables={"t": tmp_path / name}))
    assert "\n" not in str(caught.value)


def test_missing_images_are_counted_by_reason(manifest: Path) -> None:
    found = select(
        manifest, QueryRecipe("select unnest(['o/A/1', 'o/A/1', 'o/A/bad', 'o/A/cut', 'new/1', null]) as file_id")
    )
    assert found.counts == (("train", "listed", 1),)
    assert [(group.origin, group.reason, group.images) for group in found.missing] == [
        ("", "not in the manifest", 1), ("new", "not in the manifest", 1), ("o", "truncated", 1),
        ("o", "was unreadable", 1),
    ]  # fmt: skip


def test_record_is_the_query_as_toml(tmp_path: Path, manifest: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n1\n")
    text = "select file_id  -- \"quoted\" and 'quoted'\nfrom manifest where status = 'ok' and width < 110"
    recipe = QueryRecipe(text, seed="a \"seed\"", sample=9, splits=HALVES, groups=("origin || file_id",),
                         tables={"t": tmp_path / "t.csv"})  # fmt: skip
    select(manifest, recipe)
    with open_for_reading(manifest) as store:
        [(record, digest, seed, made_from, known)] = store.execute(
            "select recipe, recipe_hash, seed, made_from, made_at is not null from selection_run"
        )
    assert tomllib.loads(record) == {
        "sql": text, "seed": 'a "seed"', "sample": 9, "groups": ["origin || file_id"], "split": HALVES,
        "tables": {"t": {"file": "t.csv", "sha256": hashlib.sha256(b"x\n1\n").hexdigest()}},
    }  # fmt: skip
    assert (digest, seed, made_from, known) == (recipe.hash, 'a "seed"', "query", True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select origin, label from manifest", "must return a column file_id; it returns origin, label"),
        ("delete from manifest", "give one SELECT"),
        ("select file_id from manifest; drop table member", "give one SELECT"),
        ("select file_id from read_csv('/etc/passwd')", r"read_csv\(\) is not available"),
        ("select file_id from nothing", "nothing does not exist"),
        ("  ", "the query is empty"),
    ],
)
def test_wrong_query_is_one_line(manifest: Path, text: str, message: str) -> None:
    with pytest.raises((QueryError, RecipeError), match=message) as caught:
        rows_of(manifest, QueryRecipe(text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select file_id, 'a/b' as split from manifest", "'a/b' is no name of a split"),
        ("select file_id, case when label = 1 then 'train' end as split from manifest", "NULL is no name of a split"),
        ("select file_id, 'boss' as role from manifest", "a role 'boss': there are listed"),
        ("select file_id, unnest(['a', 'b']) as split from manifest", "with the splits a and b"),
        ("select file_id from manifest where width > 9999", "returns no row: nothing is selected"),
    ],
)
def test_wrong_rows_change_nothing(manifest: Path, text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        select_of(manifest, text)
    assert "\n" not in str(caught.value)
    with open_for_reading(manifest) as store:
        assert not store.count("selection")
        assert not store.count("selection_run")


def test_endless_and_huge_queries_end(manifest: Path) -> None:
    endless = "with recursive t(n) as (select 1 union all select n + 1 from t) select n::varchar as file_id from t"
    with pytest.raises(QueryError, match="ended after 1 seconds"):
        rows_of(manifest, QueryRecipe(endless, limits=QueryLimits(seconds=1)))
    huge = "select string_agg(i::varchar || repeat('x', 1000), '') as file_id from range(10_000_000) r(i)"
    with pytest.raises(QueryError, match=r"(?i)memory"):
        rows_of(manifest, QueryRecipe(huge, limits=QueryLimits(memory=64)))


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"splits": {"train": 0.8, "validation": 0.1}}, "sum to 0.9, not 1"),
        ({"splits": {"train": -0.5, "validation": 1.5}}, "is no fraction"),
        ({"splits": {"a/b": 1.0}}, "'a/b' is no name of a split"),
        ({"sample": 0}, "a sample of 0 images"),
        ({"groups": ("label", " ")}, "a group is empty"),
    ],
)
def test_wrong_choices_are_refused(choices: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        QueryRecipe("select 1", **choices)  # type: ignore[arg-type]


def test_empty_split_is_refused_unless_its_fraction_is_0(manifest: Path) -> None:
    text = "select file_id from manifest where file_id in ('o/A/1', 'o/A/2')"
    with pytest.raises(RecipeError, match="the split 'validation' stays empty: 2 images in 2 groups"):
        select_of(manifest, text, splits=FIFTHS)
    found = select_of(manifest, text, splits={"train": 1.0, "validation": 0.0})
    assert found.counts == (("train", "listed", 2),)


def test_a_name_is_free_once(manifest: Path) -> None:
    select_of(manifest, "select file_id from manifest where width = 120")
    with open_for_writing(manifest) as store:
        require_free(store, "other")
        require_free(store, "mine", force=True)
        with pytest.raises(RecipeError, match=r"there is a selection 'mine' .*--force"):
            require_free(store, "mine")
        drop(store, "mine")
        require_free(store, "mine")
        with pytest.raises(RecipeError, match="no selection 'mine'"):
            drop(store, "mine")


def test_manifest_without_images_is_refused(tmp_path: Path) -> None:
    store: Store
    with open_for_writing(tmp_path / "m.duckdb") as store, pytest.raises(ManifestError, match="scan"):
        require_free(store, "mine")


def test_images_of_an_extended_selection_keep_their_splits(manifest: Path) -> None:
    query = "select file_id from manifest where status = 'ok'"
    select_of(manifest, query, sample=100, splits=FIFTHS)
    before = {str(file_id): split for file_id, split in chosen(manifest, "file_id, split")}
    select_of(manifest, query, sample=250, splits=HALVES, seed="9", extend="mine")
    after = {str(file_id): split for file_id, split in chosen(manifest, "file_id, split")}
    assert len(before.keys() & after.keys()) > 60
    assert all(before[file_id] == after[file_id] for file_id in before.keys() & after.keys())
    assert abs(list(after.values()).count("validation") - 125) <= 1


def test_splits_of_an_extended_selection_need_a_fraction(manifest: Path) -> None:
    query = "select file_id from manifest where status = 'ok'"
    select_of(manifest, query, sample=100, splits={"train": 0.8, "test": 0.2})
    with pytest.raises(RecipeError, match="has the split 'test', the new one has train: give the same splits"):
        select_of(manifest, query, sample=200, splits={"train": 1, "test": 0}, extend="mine")
