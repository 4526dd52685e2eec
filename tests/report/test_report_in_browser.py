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


def test_console_is_empty(page: Chrome) -> None:
    assert page.get_log("browser") == []
    assert page.title == "small · report"  # the script in a name has not run
    assert _shown(page, ".plot svg") >= 8
    assert (
        page.execute_script(
            "return performance.getEntriesByType('resource').filter((one) => !one.name.startsWith('data:')).length"
        )
        == 0
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_follows_the_colour_scheme(page: Chrome, tmp_path: Path, scheme: str) -> None:
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


def test_filter_hides_images_and_rows(page: Chrome) -> None:
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


def test_empty_chart_has_a_message(page: Chrome) -> None:
    Select(page.find_element(By.NAME, "label")).select_by_visible_text("real")
    plot = '[data-chart="counts:fake"] .plot'
    wait(page, f"return document.querySelector('{plot}').textContent === 'No image.'")
    page.find_element(By.CSS_SELECTOR, "#filters [type=reset]").click()
    wait(page, f"return document.querySelectorAll('{plot} svg [aria-roledescription=bar]').length > 2")
    assert page.get_log("browser") == []


def test_text_filter_is_kept_in_the_url(page: Chrome, browser: Chrome, report: Path) -> None:
    page.find_element(By.NAME, "text").send_keys("red fox")
    wait(page, "return document.getElementById('page').textContent === '1\u20138 of 8'")
    kept = page.current_url
    assert kept.endswith("#?text=red+fox")
    opened(browser, kept)
    wait(page, "return document.getElementById('page').textContent === '1\u20138 of 8'")
    page.find_element(By.CSS_SELECTOR, "#filters [type=reset]").click()
    wait(page, "return document.getElementById('page').textContent === '1\u201334 of 34'")


def test_thumbnail_opens_its_details(page: Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, "#pairs .thumb.fake").click()
    dialog = page.find_element(By.ID, "detail")
    assert dialog.is_displayed()
    facts = dialog.find_element(By.TAG_NAME, "dl").text
    for text in ("DRCT-2M", "a red fox", "COCO/", "SHA-256", "CC0 for tests", "SD/"):
        assert text in facts
    wait(page, "return document.querySelector('#detail img').naturalWidth > 0")


def test_details_work_by_keyboard(page: Chrome) -> None:
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
    assert "thumb" in page.switch_to.active_element.get_attribute("class")  # focus returns to the thumbnail


def test_row_opens_its_details(page: Chrome) -> None:
    row = page.find_elements(By.CSS_SELECTOR, "#table .open")[-1]
    row.send_keys(Keys.ENTER)
    assert page.find_element(By.ID, "detail-title").text == row.text


def test_chart_can_be_shown_as_a_table(page: Chrome) -> None:
    chart = page.find_element(By.CSS_SELECTOR, '[data-chart="shares:format"]')
    chart.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    wait(page, "return document.querySelectorAll('[data-chart=\"shares:format\"] tbody tr').length > 0")
    assert "JPEG" in chart.find_element(By.TAG_NAME, "table").text


@pytest.fixture
def sized(page: Chrome) -> Iterator[Callable[..., Chrome]]:
    """Return a function that sets the width in pixels and the medium of the page."""

    def size(width: int, media: str = "screen") -> Chrome:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        return opened(page, page.current_url)

    yield size
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_phone_scrolls_vertically_and_shows_whole_labels(sized: Callable[..., Chrome]) -> None:
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


def test_print_shows_every_column(sized: Callable[..., Chrome]) -> None:
    paper = sized(718, "print")  # A4 without the default margins of browsers
    over = paper.execute_script(
        "return document.getElementById('table').getBoundingClientRect().right"
        " - document.getElementById('rows').getBoundingClientRect().right"
    )
    assert over <= 0.5


def test_splits_have_different_shades(page: Chrome) -> None:
    chart = page.find_element(By.CSS_SELECTOR, '[data-chart="counts:fake"]')
    assert [one.text for one in chart.find_elements(By.CLASS_NAME, "shade")] == ["train", "validation"]
    drawn = {bar.get_attribute("opacity") for bar in chart.find_elements(By.CSS_SELECTOR, "[aria-roledescription=bar]")}
    named = page.execute_script(
        "return [...document.querySelectorAll('[data-chart=\"counts:fake\"] .shade .swatch')]"
        ".map((one) => getComputedStyle(one).opacity)"
    )
    assert drawn == set(named) == {"1", "0.55"}


def test_controls_have_accessible_names(page: Chrome) -> None:
    nameless = page.execute_script(
        "return [...document.querySelectorAll('button, select, input, img, [role=region]')]"
        ".filter((one) => !(one.textContent.trim() || one.getAttribute('aria-label') || one.getAttribute('alt')"
        " || one.getAttribute('aria-labelledby') || one.labels?.length || one.querySelector('img[alt]')))"
        ".map((one) => one.outerHTML.slice(0, 80))"
    )
    assert nameless == []


def test_charts_are_saved_as_svg_csv_and_latex(page: Chrome) -> None:
    """The buttons make links to blobs; the test takes the text of each blob instead of a file."""
    page.execute_script("""
        window.saved = {};
        const make = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
            blob.text().then((text) => { window.saved[blob.type] = text; });
            return make(blob);
        };
        const figure = document.querySelector('[data-chart="counts:fake"]');
        figure.querySelector('details').open = true;
        for (const button of figure.querySelectorAll('.exports button')) button.click();
    """)
    wait(page, "return Object.keys(window.saved).length === 3")
    saved = page.execute_script("return window.saved")
    assert saved["image/svg+xml"].startswith("<svg")
    assert "BigGAN" in saved["text/csv"].splitlines()[1] + saved["text/csv"]
    assert saved["text/x-tex"].startswith("\\begin{tabular}{")
    assert page.get_log("browser") == []
