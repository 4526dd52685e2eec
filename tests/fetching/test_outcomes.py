"""The outcome of each kind of response: each item has one row in the log, and the counts add up."""

import hashlib
import json
import tarfile
import time
from dataclasses import replace

import pytest

from indexer.fetching.models import FetchPolicy
from tests.fetching.conftest import IMPATIENT, PATIENT
from tests.support.http_server import closed_port
from tests.support.webserver import image, serving

ENDS = [
    ("/png/1.png", "success", ""),
    ("/jpeg/2.png", "success", ""),
    ("/tiff/3", "success", ""),
    ("/named/4", "success", ""),
    ("/flaky/500/2/5.png", "success", ""),
    ("/flaky/503/1/6.png", "success", ""),
    ("/busy/0/7.png", "success", ""),
    ("/cut/once/8.png", "success", ""),
    ("/chain/3", "success", ""),
    ("/status/404/x", "failed", "HTTP status"),
    ("/status/410/x", "failed", "HTTP status"),
    ("/status/500/x", "failed", "HTTP status"),
    ("/cut/always/9.png", "failed", "body cut short"),
    ("/wrong_length/1.png", "failed", "body cut short"),
    ("/endless/chunked/x", "failed", "too large"),
    ("/endless/open/x", "failed", "too large"),
    ("/announced/x", "failed", "too large"),
    ("/html/x.jpg", "failed", "HTML page instead of an image"),
    ("/json/x.jpg", "failed", "JSON instead of an image"),
    ("/empty/x.jpg", "failed", "empty body"),
    ("/garbage/x", "failed", "invalid HTTP response"),
    ("/loop/a", "failed", "redirect loop"),
    ("/chain/30", "failed", "too many redirects"),
    ("/to/file:///etc/passwd", "failed", "neither http nor https"),
    ("/tagged/x", "failed", "X-Robots-Tag opts out"),
]
INVALID = [
    ("ftp://example.org/a.png", "neither http nor https"),
    ("file:///etc/passwd", "neither http nor https"),
    ("", "neither http nor https"),
    ("http://", "not a URL"),
    ("http://[::1", "not a URL"),
    ("http://no-such-host.invalid/a.png", "no such host"),
]


@pytest.mark.parametrize("layout", ["files", "webdataset"])
def test_each_failure_is_a_row(server, download, layout):
    job = download([server.url + path for path, _, _ in ENDS] + [url for url, _ in INVALID])
    summary = job.run(layout)
    assert job.errors() == [end[1:] for end in ENDS] + [("failed", error) for _, error in INVALID]
    assert sum(tally.items for tally in summary.tallies) == len(ENDS) + len(INVALID)
    assert summary.count("success") == sum(status == "success" for _, status, _ in ENDS)
    assert summary.count("pending") == 0


def test_responses_that_never_end_time_out(server, download):
    job = download([f"{server.url}/silent/x", f"{server.url}/drip/x"])
    job.run(limits=IMPATIENT, policy=FetchPolicy(allow_private=True, ignore_robots=True))
    assert job.errors() == [("failed", "timed out")] * 2


def test_bytes_and_sidecar_describe_the_response(server, download):
    job = download([f"{server.url}/jpeg/1.png"])
    job.run()
    data = image(1, "JPEG")
    assert (job.to / "00000/00000000.jpg").read_bytes() == data
    sidecar = json.loads((job.to / "00000/00000000.json").read_text())
    assert sidecar == {
        "id": 0, "note": "a, b", "url": f"{server.url}/jpeg/1.png", "key": "00000000", "status": "success",
        "error_message": None, "width": 8, "height": 6, "original_width": 8, "original_height": 6,
        "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data), "type": "jpg",
    }  # fmt: skip
    assert job.log()[0]["sha256"] == sidecar["sha256"]


def test_tar_shards_have_a_thousand_items_and_open_with_tarfile(server, download):
    job = download([f"{server.url}/png/{number}.png" for number in range(1_003)])
    job.run("webdataset")
    assert sorted(path.name for path in job.to.glob("*.tar")) == ["00000.tar", "00001.tar"]
    with tarfile.open(job.to / "00001.tar") as tar:
        names = sorted(tar.getnames())
        assert names == [f"0000100{key}.{suffix}" for key in range(3) for suffix in ("json", "png")]
        assert tar.extractfile("00001002.png").read() == image(1_002)
    assert [path.name for path in job.to.iterdir() if path.name not in {"00000.tar", "00001.tar"}] != []


def test_file_names_of_servers_are_ignored(server, download):
    job = download([f"{server.url}/named/..%2f..%2fevil.sh"])
    job.run()
    assert sorted(path.relative_to(job.to).as_posix() for path in job.to.rglob("*") if path.is_file()) == [
        "00000/00000000.json", "00000/00000000.png", "fetch-log.csv", "fetch-log.sqlite",
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["", "/to/http://127.0.0.1:1/x"])
def test_private_addresses_are_refused(server, download, path):
    job = download([f"{server.url}{path}/png/1.png", f"http://localhost:{server.port}/png/1.png", "http://10.0.0.1/x"])
    job.run(policy=FetchPolicy())
    assert job.errors() == [("failed", "private address refused")] * 3
    assert server.requests.total() == 0


def test_ipv6_host_is_fetched(download):
    with serving("::1") as server:
        job = download([f"{server.url}/png/1.png"])
        assert job.run().count("success") == 1


def test_unreachable_host_is_given_up(download):
    with closed_port() as port:
        job = download([f"http://127.0.0.1:{port}/png/{number}.png" for number in range(40)])
        limits = replace(PATIENT, host_failures=5, attempts=1)
        job.run(limits=limits, policy=FetchPolicy(allow_private=True, ignore_robots=True))
    reasons = [error for _, error in job.errors()]
    assert set(reasons) == {"no connection", "host given up"}
    assert reasons.count("no connection") < 5 + PATIENT.per_host  # those in flight at the fifth failure


def test_robots_txt_is_obeyed_unless_ignored(server, download):
    server.robots = b"User-agent: *\nDisallow: /png/1\n"
    job = download([f"{server.url}/png/{number}.png" for number in (1, 2)])
    job.run()
    assert job.errors() == [("failed", "robots.txt disallows"), ("success", "")]
    assert server.requests["/robots.txt"] == 1
    job.run(failed_too=True, policy=FetchPolicy(allow_private=True, ignore_robots=True))
    assert job.errors() == [("success", ""), ("success", "")]


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ("Disallow: /\nAllow: /png/", [1, 2]),  # the longest rule applies, in any order
        ("Disallow: /*/1", [2]),
        ("Disallow: /png/2$", [1, 2]),  # the path continues after it
        ("Disallow: /png/2.png$", [1]),
    ],
)
def test_robots_txt_rules_follow_the_rfc(server, download, rules, allowed):
    server.robots = f"User-agent: *\n{rules}\n".encode()
    job = download([f"{server.url}/png/{number}.png" for number in (1, 2)])
    job.run()
    assert [number for number, (status, _) in zip((1, 2), job.errors(), strict=True) if status == "success"] == allowed


def test_user_agent_has_program_and_contact(server, download):
    download([f"{server.url}/png/1.png"]).run(policy=FetchPolicy("me@lab.example", allow_private=True))
    agents = {line for head in server.heads for line in head.split("\r\n") if line.startswith("User-Agent")}
    assert len(agents) == 1
    assert "image-manifest/" in agents.pop()
    assert all("me@lab.example" in head for head in server.heads)


def test_limits_per_host_are_respected(server, download):
    job = download([f"{server.url}/png/{number}.png" for number in range(60)])
    began = time.monotonic()
    job.run(limits=replace(PATIENT, per_host=2, rate=60.0))
    assert time.monotonic() - began >= 60 / 60  # 60 intervals: robots.txt is requested first
    assert server.most_at_once <= 2


def test_retry_after_is_respected(server, download):
    job = download([f"{server.url}/busy/1/1.png"])
    job.run()
    first, second = server.times["/busy/1/1.png"]
    assert second - first >= 1.0
    assert job.log()[0]["attempts"] == "2"


@pytest.mark.parametrize("status", [404, 410])
def test_images_that_do_not_exist_are_not_requested_again(server, download, status):
    job = download([f"{server.url}/status/{status}/1.png"])
    job.run()
    before = server.requests.total()
    assert job.run(failed_too=True).count("failed") == 1
    assert server.requests.total() == before


def test_failed_items_are_retried_only_on_request(server, download):
    job = download([f"{server.url}/flaky/403/1/{number}.png" for number in range(5)])
    assert job.run("webdataset").count("failed") == 5
    assert job.run("webdataset").count("failed") == 5
    assert job.run("webdataset", failed_too=True).count("success") == 5
    with tarfile.open(job.to / "00000.tar") as tar:
        assert len(tar.getnames()) == 10
