"""A gallery with its manifest, its report, a server for it, and a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import gallery

if TYPE_CHECKING:
    from selenium import webdriver

ROOT = Path(__file__).parents[2]
_SECONDS = 120


def indexer(folder: Path, *arguments: str, program: str = "indexer") -> subprocess.CompletedProcess[str]:
    """Run the program in ``folder``, in a process of its own."""
    command = [sys.executable, "-m", program, *arguments]
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)


def data_of(html: str) -> dict:
    """Return the data that the scripts of a page read."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)[1])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with ``coco/``, ``manifest.duckdb`` and ``local.cfg``; its selection is ``small``."""
    made = tmp_path_factory.mktemp("gallery")
    gallery.made(made)
    keys = ("input_datasets_path", "output_path", "tmp_cache_dir", "intermediate_outputs_path")
    (made / "local.cfg").write_text("[paths]\n" + "".join(f"{key} = .\n" for key in keys))
    return made


@pytest.fixture(scope="session")
def report(folder: Path) -> Path:
    """Write the report of the selection ``small``."""
    done = indexer(folder, "report", "small", "--output", "page.html", "--jobs", "1", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "page.html"


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    """Run ``indexer browse`` during the session; yield the URL that it prints, with its key."""
    command = [sys.executable, "-m", "indexer", "browse", "--jobs", "1", "--quiet", "--allow-host", "hub.example"]
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env=settings, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Start headless Chromium without background networking."""
    from selenium import webdriver  # noqa: PLC0415 - a package of `make test-slow`
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415

    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no Chromium with its driver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("profile")
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking", "no-first-run",
                     "disable-dev-shm-usage", "window-size=1200,900", f"user-data-dir={profile}"):  # fmt: skip
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield opened
    finally:
        opened.quit()


def opened(browser: webdriver.Chrome, address: str) -> webdriver.Chrome:
    """Open a page, wait until it is drawn, and clear the earlier console log."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get(address)
    wait(browser, "return 'ready' in document.documentElement.dataset")
    return browser


def wait(browser: webdriver.Chrome, script: str) -> None:
    """Wait until ``script`` returns a true value in the page."""
    from selenium.webdriver.support.ui import WebDriverWait  # noqa: PLC0415 - a package of `make test-slow`

    WebDriverWait(browser, _SECONDS, 0.05).until(lambda one: one.execute_script(script), script)
