"""The server of ``browse``: its responses, and the requests that it refuses."""

import http.client
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.report.conftest import indexer

Answer = tuple[int, bytes, http.client.HTTPMessage]


@pytest.fixture
def ask(address: str):
    """Return a function that sends a request, by default below the key, as the page does."""
    parts = urlsplit(address)
    below = parts.path.rstrip("/")

    def call(path: str, *, body: object = None, key: str = below, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            connection.request("GET", key + path, headers=sent)
        else:
            connection.request("POST", key + path, json.dumps(body), {"Content-Type": "application/json"} | sent)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data, answer.headers

    return call


def test_pages_and_filters(ask) -> None:
    status, data, _ = ask("/api/rows?generator=BigGAN&text=gan/3")
    assert status == 200
    assert [(row["file_id"], row["label"]) for row in json.loads(data)] == [("GAN/3", "fake")]
    assert json.loads(ask("/api/count?selection=small&split=validation")[1]) == 8
    first = json.loads(ask("/api/rows")[1])
    after = f"after_id={first[3]['file_id']}&after_member={first[3]['member_id']}"
    assert json.loads(ask(f"/api/rows?{after}")[1])[0]["file_id"] == first[4]["file_id"]


def test_distribution_of_a_column_follows_the_filter(ask) -> None:
    bars = json.loads(ask("/api/values/generator")[1])
    assert sum(bar["images"] for bar in bars) == json.loads(ask("/api/count")[1])
    assert [bar["images"] for bar in bars] == sorted((bar["images"] for bar in bars), reverse=True)
    assert json.loads(ask("/api/values/label?generator=BigGAN")[1]) == [
        {"text": "fake", "images": json.loads(ask("/api/count?generator=BigGAN")[1])}
    ]
    widths = json.loads(ask("/api/values/width")[1])
    assert sum(bar["images"] for bar in widths) == json.loads(ask("/api/count")[1])
    assert {"text", "images"} == set(widths[0])
    assert json.loads(ask("/api/values/width?text=nothing-has-this")[1]) == []
    assert ask("/api/values/prompt")[0] == 409


def test_images_are_read_from_their_files(ask, folder: Path) -> None:
    [row] = json.loads(ask("/api/rows?text=coco/2")[1])
    status, data, headers = ask(f"/image/{row['member_id']}")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert data == (folder / "coco" / "COCO" / "2.jpg").read_bytes()
    status, data, headers = ask(f"/thumbnail/{row['member_id']}")
    assert (status, headers["content-type"], data[:4]) == (200, "image/webp", b"RIFF")


def test_broken_image_has_a_reason(ask) -> None:
    [row] = json.loads(ask("/api/rows?text=sd/broken")[1])
    assert ask(f"/thumbnail/{row['member_id']}")[:2] == (404, b'{"error":"undecodable"}')
    assert ask("/image/999999")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../etc/passwd",
        "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/static//etc/passwd",
        "/static/%2e%2e/page.py",
        "/static/dom.js%00",
        "/image/../../etc/passwd",
        "/image/1.5",
        "/image/-1",
        "/image/99999999999999999999999999",
        "/thumbnail/coco/COCO/2.jpg",
        "/local.cfg",
        "//etc/passwd",
    ],
)
def test_paths_reach_no_file(ask, path: str) -> None:
    status, data, _ = ask(path)
    assert status == 404
    assert b"root:" not in data
    assert b"input_datasets_path" not in data


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "127.0.0.1:80.evil.example",
        "localhost@evil",
        "[::1",
        "",
    ],
)
def test_other_host_names_are_refused(ask, host: str) -> None:
    assert ask("/api/rows", Host=host)[0] == 421


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9999", "localhost:8888", "LOCALHOST:1", "[::1]:80", "hub.example"]
)
def test_any_local_port_and_allowed_host_is_accepted(ask, host: str) -> None:
    """For `ssh -L` and the proxy of Jupyter, which passes its own host name on."""
    assert ask("/api/rows", Host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin")[0] == 200


def test_requests_of_other_sites_or_without_key_are_refused(ask) -> None:
    assert ask("/api/rows", Sec_Fetch_Site="cross-site")[0] == 403
    assert ask("/api/rows", Sec_Fetch_Site="same-site")[0] == 403
    assert ask("/api/rows", Host="127.0.0.1:8000", Origin="http://127.0.0.1:8001")[0] == 403
    for origin in ("null", "http://[", "http://[::1", "//", ""):
        assert ask("/api/rows", Origin=origin)[0] == 403
    for key in ("", "/guess", "/x/..", "//"):
        assert ask("/api/rows", key=key)[0] == 403
        assert ask("/", key=key)[0] == 403


def test_key_is_in_no_cookie_and_no_referrer(ask, address: str) -> None:
    """Browsers send cookies to all ports of a host; a second server would replace them."""
    for path in ("/", "/api/rows", "", "/static/browse.js"):
        _, _, headers = ask(path)
        assert headers["set-cookie"] is None
        assert headers["referrer-policy"] == "no-referrer"


def test_page_has_no_absolute_paths(ask) -> None:
    """A proxy may serve it below another path."""
    texts = [ask(path)[1].decode() for path in ("/", "/static/browse.js", "/static/detail.js")]
    assert not [
        found for text in texts for found in re.findall(r"""["'`]/(?:static|api|image|thumbnail)[^"'`]*""", text)
    ]
    status, _, headers = ask("")
    assert (status, headers["location"].startswith("/")) == (307, False)


def test_each_response_has_security_headers(ask) -> None:
    for path in ("/", "/api/rows", "/static/dom.js", "/nowhere"):
        headers = ask(path)[2]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


def test_sql_returns_rows(ask) -> None:
    status, data, _ = ask(
        "/api/sql", body={"query": "select label, count(*) as n from manifest group by all order by 1"}
    )
    assert status == 200
    assert json.loads(data) == {"columns": ["label", "n"], "rows": [["0", "16"], ["1", "18"]], "more": False}
    assert json.loads(ask("/api/sql", body={"query": "from range(1000)"})[1])["more"]
    assert json.loads(ask("/api/sql", body={"query": "select 1 as a, 2 as a"})[1])["rows"] == [["1", "2"]]


@pytest.mark.parametrize(
    "query",
    [
        "select timestamp 'infinity', [date '99999-01-01'], {'x': timestamp '-infinity'}",
        "select map {1: timestamptz '290000-01-01'}, 'nan'::float, time '24:00:00'",
        "select '\ud800\x00'",
    ],
)
def test_values_that_python_lacks_are_texts(ask, query: str) -> None:
    status, data, _ = ask("/api/sql", body={"query": query})
    assert status == 200, data


@pytest.mark.parametrize(
    "query",
    [
        "delete from selection",
        "create table t as select 1",
        "copy manifest to '/tmp/stolen.csv'",
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "attach '/tmp/other.duckdb'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "select 1; drop table selection",
        "select getenv('HOME')",
        "",
    ],
)
def test_sql_only_reads_the_manifest(ask, query: str) -> None:
    status, data, _ = ask("/api/sql", body={"query": query})
    assert status == 409
    assert "error" in json.loads(data)
    assert b"root:" not in data


def test_query_must_be_json(ask) -> None:
    assert ask("/api/sql", body={"query": "select 1"}, Content_Type="text/plain")[0] == 415
    assert ask("/api/sql", body=["select 1"])[0] == 400
    assert ask("/api/sql", body={"query": "x" * 200_000})[0] == 413
    assert ask("/api/sql")[0] == 405


def test_used_port_is_reported_in_one_line(folder: Path, address: str) -> None:
    done = indexer(folder, "browse", "--port", str(urlsplit(address).port))
    assert done.returncode == 2
    assert "cannot listen at 127.0.0.1" in done.stderr


def test_images_of_file_ids_are_returned_in_their_order(ask) -> None:
    status, data, _ = ask("/api/images", body={"file_ids": "GAN/3\nnone\nGAN/1"})
    assert status == 200
    assert [row["file_id"] for row in json.loads(data)] == ["GAN/3", "GAN/1"]
    assert ask("/api/images", body={"file_ids": ["GAN/3"]})[0] == 400


@pytest.mark.slow
def test_a_query_is_saved_as_a_selection(ask) -> None:
    query = "select file_id from manifest where generator = 'BigGAN'"
    status, data, _ = ask("/api/select", body={"query": query, "name": "chosen on the page"})
    assert status == 200, data
    assert "chosen on the page" in json.loads(ask("/api/choices")[1])["selection"]
    status, data, _ = ask("/api/select", body={"query": query, "name": "chosen on the page"})
    assert (status, "there is a selection 'chosen on the page'" in json.loads(data)["error"]) == (409, True)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("select 1", "x"),
        ("delete from selection", "x"),
        ("select file_id from manifest", "../x"),
        ("/etc/passwd.sql", "x"),
    ],
)
def test_wrong_selections_are_refused(ask, query: str, name: str) -> None:
    status, data, _ = ask("/api/select", body={"query": query, "name": name})
    assert status == 409
    assert json.loads(data)["error"]
    assert name not in json.loads(ask("/api/choices")[1])["selection"]


def test_similar_images_have_near_hashes(ask) -> None:
    [row] = json.loads(ask("/api/rows?text=coco/2")[1])
    status, data, _ = ask(f"/api/similar/{row['member_id']}")
    assert status == 200
    assert [found["file_id"] for found in json.loads(data)][:1] in ([row["file_id"]], [])
    assert ask("/api/similar/99999999999999999999999999")[0] == 404
