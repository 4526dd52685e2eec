"""The report in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("selenium", reason="selenium is not installed")

from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.report.conftest import opened, wait

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Chrome, report: Path) -> Chrome:
    return opened(browser, report.as_uri())


def _shown(page: Chrome, selector: str) -> int:
    return page.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter((one) => one.offsetParent !== null).length",
        selector,
    )


def test_opens_without_a_word_in_the_console(page: Chrome) -> None:
    assert page.get_log("browser") == []
    assert page.title == "small · report"  # a name that is a script has not run
    assert _shown(page, ".plot svg") >= 8
    assert (
        page.execute_script(
            "return performance.getEntriesByType('resource').filter((one) => !one.name.startsWith('data:')).length"
        )
        == 0
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_is_not_blank(page: Chrome, tmp_path: Path, scheme: str) -> None:
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    file = tmp_path / "shot.png"
    page.save_screenshot(str(file))
    with Image.open(file) as shot:
        colours = shot.convert("RGB").getcolors(maxcolors=1 << 24)
    assert len(colours) > 200
    ground = max(colours)[1]
    assert (sum(ground) > 600) == (scheme == "light")


def test_filters_what_is_shown(page: Chrome) -> None:
    before = _shown(page, ".sheet .thumb")
    Select(page.find_element(By.NAME, "generator")).select_by_visible_text("BigGAN")
    wait(page, "return document.getElementById('page').textContent === '1\u20138 of 8'")
    assert 0 < _shown(page, ".sheet .thumb") < before
    assert _shown(page, ".sheet") == 1
    assert page.find_element(By.ID, "matching").text == "8 images"
    wait(
        page,
        "return document.querySelectorAll('[data-chart=\"counts:fake\"] svg [aria-roledescription=bar]').length === 2",
    )


def test_a_chart_of_nothing_says_so(page: Chrome) -> None:
    Select(page.find_element(By.NAME, "label")).select_by_visible_text("real")
    plot = '[data-chart="counts:fake"] .plot'
    wait(page, f"return document.querySelector('{plot}').textContent === 'No image.'")
    page.find_element(By.CSS_SELECTOR, "#filters [type=reset]").click()
    wait(page, f"return document.querySelectorAll('{plot} svg [aria-roledescription=bar]').length > 2")
    assert page.get_log("browser") == []


def test_searches_text_and_keeps_it_in_the_address(page: Chrome, browser: Chrome, report: Path) -> None:
    page.find_element(By.NAME, "text").send_keys("red fox")
    wait(page, "return document.getElementById('page').textContent === '1\u20138 of 8'")
    kept = page.current_url
    assert kept.endswith("#?text=red+fox")
    opened(browser, kept)
    wait(page, "return document.getElementById('page').textContent === '1\u20138 of 8'")
    page.find_element(By.CSS_SELECTOR, "#filters [type=reset]").click()
    wait(page, "return document.getElementById('page').textContent === '1\u201334 of 34'")


def test_thumbnail_leads_to_its_provenance(page: Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, "#pairs .thumb.fake").click()
    dialog = page.find_element(By.ID, "detail")
    assert dialog.is_displayed()
    facts = dialog.find_element(By.TAG_NAME, "dl").text
    for said in ("DRCT-2M", "a red fox", "COCO/", "SHA-256", "CC0 for tests", "SD/"):
        assert said in facts
    assert dialog.find_element(By.TAG_NAME, "img").get_attribute("naturalWidth") != "0"


def test_keyboard_alone(page: Chrome) -> None:
    page.execute_script("document.querySelector('.sheet .thumb').focus()")
    page.switch_to.active_element.send_keys(Keys.ENTER)
    title = page.find_element(By.ID, "detail-title")
    first = title.text
    assert first
    page.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert title.text not in ("", first)
    page.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert title.text == first
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert not page.find_element(By.ID, "detail").is_displayed()
    assert "thumb" in page.switch_to.active_element.get_attribute("class")  # back where it began


def test_a_row_opens_its_detail(page: Chrome) -> None:
    row = page.find_elements(By.CSS_SELECTOR, "#table .open")[-1]
    row.send_keys(Keys.ENTER)
    assert page.find_element(By.ID, "detail-title").text == row.text


def test_chart_as_a_table(page: Chrome) -> None:
    chart = page.find_element(By.CSS_SELECTOR, '[data-chart="shares:format"]')
    chart.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    wait(page, "return document.querySelectorAll('[data-chart=\"shares:format\"] tbody tr').length > 0")
    assert "JPEG" in chart.find_element(By.TAG_NAME, "table").text


@pytest.fixture
def sized(page: Chrome) -> Iterator[Callable[..., Chrome]]:
    """The page at a width in pixels, on a medium."""

    def size(width: int, media: str = "screen") -> Chrome:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        return opened(page, page.current_url)

    yield size
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_phone_scrolls_one_way_and_cuts_no_label(sized: Callable[..., Chrome]) -> None:
    phone = sized(390)
    assert phone.execute_script("return document.documentElement.scrollWidth") == 390
    cut = phone.execute_script(
        "return [...document.querySelectorAll('.plot svg')].flatMap((svg) => {"
        " const frame = svg.getBoundingClientRect();"
        " return [...svg.querySelectorAll('text')].filter((one) => { const box = one.getBoundingClientRect();"
        " return box.width && (box.left < frame.left - 2 || box.right > frame.right + 2); })"
        ".map((one) => one.textContent); })"
    )
    assert cut == []


def test_paper_shows_every_column(sized: Callable[..., Chrome]) -> None:
    paper = sized(718, "print")  # A4 between the margins that browsers leave
    over = paper.execute_script(
        "return document.getElementById('table').getBoundingClientRect().right"
        " - document.getElementById('rows').getBoundingClientRect().right"
    )
    assert over <= 0.5


def test_splits_are_told_apart(page: Chrome) -> None:
    chart = page.find_element(By.CSS_SELECTOR, '[data-chart="counts:fake"]')
    assert [one.text for one in chart.find_elements(By.CLASS_NAME, "shade")] == ["train", "validation"]
    drawn = {bar.get_attribute("opacity") for bar in chart.find_elements(By.CSS_SELECTOR, "[aria-roledescription=bar]")}
    named = page.execute_script(
        "return [...document.querySelectorAll('[data-chart=\"counts:fake\"] .shade .swatch')]"
        ".map((one) => getComputedStyle(one).opacity)"
    )
    assert drawn == set(named) == {"1", "0.55"}


def test_everything_has_a_name(page: Chrome) -> None:
    nameless = page.execute_script(
        "return [...document.querySelectorAll('button, select, input, img, [role=region]')]"
        ".filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.getAttribute('alt')"
        " || one.getAttribute('aria-labelledby') || one.labels?.length || one.querySelector('img[alt]')))"
        ".map((one) => one.outerHTML.slice(0, 80))"
    )
    assert nameless == []
