"""Contrast, names and keyboard of all pages, by the rules of axe-core: those of `serve` and the HTML report."""
import pytest

import axe
from billing_month import month, nginx  # noqa: F401 (fixtures)
from browser import CHROMIUM, Browser
from pages import Pages
from test_serve import filled  # noqa: F401

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="axe-core cannot run: chromium is not installed; accessibility is NOT checked")
LOOKS = [(360, "light"), (1280, "light"), (1280, "dark")]


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return axe.script(tmp_path_factory.mktemp("axe"))


@pytest.fixture
def browser(tmp_path):
    made = Browser(tmp_path)
    yield made
    made.close()


def require_no_violation(browser, rules, address, looks=LOOKS):
    for width, scheme in looks:
        browser.look(width, scheme)
        browser.open(address)
        found = axe.check(browser, rules)
        assert found["violations"] == [], (address, width, scheme)
        assert {"color-contrast", "document-title", "html-has-lang"} <= set(found["passes"]), found
    return found


def test_the_pages_of_serve(filled, browser, rules):  # noqa: F811
    pages = Pages(filled)
    base = f"http://127.0.0.1:{pages.port}"
    answer, = [row[0] for row in filled.sql("SELECT snapshot_id FROM v_snapshot WHERE task_id = 'v00'")]
    for path in ("/", "/runs", "/gallery", "/task/v00", "/task/bad", f"/answer/{answer}/v00", "/task/none"):
        require_no_violation(browser, rules, base + path, LOOKS[::2])
    browser.look(360)
    browser.run("document.querySelector('main').innerHTML = '<img src=\"/icon.svg\"><p>faint</p>'")
    browser.run("document.querySelector('main p').style.color = '#888'")
    seen = " ".join(axe.check(browser, rules)["violations"])
    assert "image-alt" in seen and "color-contrast" in seen, "faults would be seen"
    pages.end()


def test_the_page_of_a_report(month, browser, rules):  # noqa: F811
    filled = month(400)  # noqa: F811
    page = filled.folder / "page.html"

    def write():
        result = filled("report", "--period", "2026-06", "--prices", "prices.csv", "--format", "html")
        assert result.code == 0, result
        page.write_text(result.out)
    write()
    found = require_no_violation(browser, rules, f"file://{page}")
    assert "svg-img-alt" in found["passes"]
    browser.look(360)
    browser.open(f"file://{page}")
    assert browser.run("document.querySelector('#change').parentElement.scrollWidth > 360"), "the table scrolls"
    for _ in range(20):
        browser.press("Tab")
        if browser.run("document.activeElement.contains(document.querySelector('#change'))"):
            break
    assert browser.run("document.activeElement.className") == "scroll", "by the keyboard"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert filled("close", "2026-06", "--prices", "prices.csv", "--force").code == 0
    write()
    require_no_violation(browser, rules, f"file://{page}", LOOKS[1:2])
