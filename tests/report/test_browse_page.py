"""The page of the local server in a real browser."""

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
def page(browser: Chrome, address: str) -> Chrome:
    return opened(browser, address)


def test_page_shows_filtered_images(page: Chrome, tmp_path: Path) -> None:
    wait(page, "return [...document.querySelectorAll('.grid img')].filter((one) => one.naturalWidth > 0).length > 10")
    assert page.title == "manifest.duckdb · browse"
    Select(page.find_element(By.NAME, "origin")).select_by_visible_text("RAISE")
    wait(page, "return document.getElementById('matching').textContent === '8 images'")
    wait(page, "return document.querySelectorAll('.grid .thumb').length === 8")
    assert page.find_element(By.ID, "page").text == "page 1 of 1"
    assert not page.find_element(By.ID, "next").is_enabled()
    wait(page, "return [...document.querySelectorAll('.grid img')].every((one) => one.naturalWidth > 0)")
    assert [entry for entry in page.get_log("browser") if "404" not in entry["message"]] == []
    page.save_screenshot(str(tmp_path / "shot.png"))
    with Image.open(tmp_path / "shot.png") as shot:
        assert len(shot.convert("RGB").getcolors(maxcolors=1 << 24)) > 1_000


def test_marked_images_are_saved_as_a_selection(page: Chrome) -> None:
    wait(page, "return document.querySelectorAll('#grid .mark').length > 3")
    assert not page.find_element(By.ID, "marked").is_displayed()
    for box in page.find_elements(By.CSS_SELECTOR, "#grid .mark")[:2]:
        box.click()
    assert page.find_element(By.ID, "marks").text == "2 images marked"
    page.find_element(By.ID, "show-marked").click()
    wait(page, "return document.querySelectorAll('#chosen .mark:checked').length === 2")
    page.find_element(By.CSS_SELECTOR, "#marked input[name=name]").send_keys("by-hand", Keys.ENTER)
    wait(page, "return document.getElementById('marked-saved').textContent === 'saved: by-hand'")
    wait(page, "return [...document.querySelectorAll('option')].some((one) => one.value === 'by-hand')")
    Select(page.find_element(By.NAME, "selection")).select_by_visible_text("by-hand")
    wait(page, "return document.getElementById('matching').textContent === '2 images'")
    page.find_element(By.ID, "clear-marks").click()
    assert not page.find_element(By.ID, "marked").is_displayed()
    assert all("404" in entry["message"] for entry in page.get_log("browser"))


def test_bars_of_a_column_filter_the_images(page: Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, "#values summary").click()
    Select(page.find_element(By.ID, "column")).select_by_visible_text("origin")
    wait(page, "return [...document.querySelectorAll('#bars button')].some((one) => one.textContent === 'RAISE')")
    page.find_element(By.XPATH, "//tbody[@id='bars']//button[text()='RAISE']").click()
    wait(page, "return document.getElementById('matching').textContent === '8 images'")
    wait(page, "return document.querySelectorAll('#bars progress').length === 1")


def test_image_opens_in_full_size_by_keyboard(page: Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, ".grid .thumb").send_keys(Keys.ENTER)
    wait(page, "return document.querySelector('#detail img').naturalWidth === 320")
    assert page.find_element(By.ID, "detail-title").text == "COCO/0"
    page.switch_to.active_element.send_keys(Keys.ARROW_RIGHT)
    assert page.find_element(By.ID, "detail-title").text == "COCO/1"


def test_sql_box_shows_rows_and_errors(page: Chrome) -> None:
    box = page.find_element(By.NAME, "query")
    box.clear()
    box.send_keys("select member_id, file_id from manifest where generator like '<script>%'", Keys.CONTROL, Keys.ENTER)
    wait(page, "return document.querySelectorAll('#answer tbody a').length === 1")
    assert "<script>document.title" in page.find_element(By.ID, "answer").text
    box.clear()
    box.send_keys("drop table member", Keys.CONTROL, Keys.ENTER)
    wait(page, "return document.getElementById('failed').textContent.length > 0")
    assert "SELECT" in page.find_element(By.ID, "failed").text
