"""HTTP responses that are compressed, chunked, HTTP/1.0 or malicious; unusual spellings of URLs."""

import tracemalloc

import pytest

from indexer.fetching import addresses
from indexer.fetching.models import FetchPolicy
from tests.support.webserver import image, packed, serving

ENDS = [
    ("/old/1.png", "success", ""),
    ("/cookie/2.png", "success", ""),
    ("/cookie/3.png", "success", ""),
    ("/packed/gzip/0/4.png", "success", ""),
    ("/packed/deflate/0/5.png", "success", ""),
    ("/packed/gzip/20/x", "failed", "too large"),
    ("/packed/deflate/20/x", "failed", "too large"),
    ("/chunked/whole/6.png", "success", ""),
    ("/chunked/long/7.png", "failed", "body cut short"),
    ("/chunked/short/8.png", "failed", "invalid HTTP response"),
    ("/chunked/nonsense/9.png", "failed", "invalid HTTP response"),
    ("/chunked/missing/9.png", "failed", "body cut short"),
]


def test_each_kind_of_response_has_its_outcome(server, download):
    job = download([server.url + path for path, _, _ in ENDS])
    job.run()
    assert job.errors() == [end[1:] for end in ENDS]
    assert (job.to / "00000/00000003.png").read_bytes() == image(4)  # decompressed
    assert not any("cookie" in line.lower() for head in server.heads for line in head.split("\r\n")[1:])


def test_decompression_bomb_is_refused_in_little_memory(server, download):
    packed("gzip", 0, 300)
    job = download([f"{server.url}/packed/gzip/300/x.png"])
    tracemalloc.start()
    job.run()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert job.errors() == [("failed", "too large")]
    assert peak < 32 << 20


PRIVATE = [
    "http://[::1]:{port}/png/1",
    "http://169.254.169.254/latest",
    "http://10.0.0.1/",
    "http://0x7f.2:{port}/png/1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_redirect_to_private_address_is_refused(server, download, monkeypatch, address):
    # No server here has a public address: 127.0.0.1 counts as public in this test, other addresses do not.
    is_public = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda text: text == "127.0.0.1" or is_public(text))
    with serving("::1", server.port) as other:
        job = download([f"{server.url}/to/{address.format(port=server.port)}", f"{server.url}/png/1.png"])
        job.run(policy=FetchPolicy())
        assert job.errors() == [("failed", "private address refused"), ("success", "")]
        assert other.requests.total() == 0


def test_urls_are_requested_as_spelled(server, download):
    port = server.port
    spelled = {
        f"http://user:secret@127.0.0.1:{port}/png/1.png": "/png/1.png",
        f"HTTP://LOCALHOST:{port}/png/2.png#fragment": "/png/2.png",
        f" http://127.0.0.1:{port}/png/3 b.png ": "/png/3%20b.png",
        f"http://127.0.0.1:{port}/png/é/4.png?q=ü": "/png/%C3%A9/4.png?q=%C3%BC",
        f"http://127.0.0.1:{port}/png/%C3%A9/%2F/5.png": "/png/%C3%A9/%2F/5.png",
    }
    job = download([*spelled, *spelled])
    assert job.run().count("success") == 10
    assert {path: count for path, count in server.requests.items() if path != "/robots.txt"} == dict.fromkeys(
        spelled.values(), 2
    )


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://h.example:99999/a.png", "not a URL"),
        ("http://h.example:abc/a.png", "not a URL"),
        ("http://exa mple.org/a.png", "not a URL"),
        ("http://.example/a.png", "not a URL"),
        ("http://h.example\\a.png", "not a URL"),
        ("http:///a.png", "not a URL"),
        (f"http://{'a' * 300}.example/", "not a URL"),
        ("http://bücher.invalid/a.png", "no such host"),
        ("data:image/png;base64,AAAA", "neither http nor https"),
        ("//h.example/a.png", "neither http nor https"),
        ("h.example/a.png", "neither http nor https"),
    ],
)
def test_invalid_url_is_a_failed_row(server, download, address, reason):
    job = download([address, f"{server.url}/png/1.png"])
    job.run()
    assert job.errors() == [("failed", reason), ("success", "")]


@pytest.mark.parametrize(
    "address", ["http://h.example:abc/a.png", "http://h.example:99999/", "data:image/png;base64,AAAA"]
)
def test_redirect_to_invalid_url_is_a_failed_row(server, download, address):
    job = download([f"{server.url}/to/{address}"])
    job.run()
    assert job.errors()[0][1] in {"not a URL", "neither http nor https"}
    assert job.log()[0]["http_status"] == "302"
