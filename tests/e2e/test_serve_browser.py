"""The pages of `serve` in headless Chromium: small screens, contrast, keyboard, playing, and numbers that renew themselves."""
import pytest

from browser import CHROMIUM, Browser
from pages import Pages
from test_serve import EVIL, HOSTILE, filled  # noqa: F401

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the pages are not looked at in a browser")

# Texts whose contrast with what is behind them is below WCAG AA (4.5, for large text 3).
FAINT = """(() => {
  const channel = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = numbers(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  let looked = 0;
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    const style = getComputedStyle(element);
    if (!text || !element.getClientRects().length || style.visibility === "hidden") continue;
    const shown = element.closest("svg") ? style.fill : style.color;
    const [a, b] = [light(numbers(shown)), light(behind(element))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    ++looked;
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) faint.push(element.outerHTML.slice(0, 100));
  }
  return {faint, looked};
})()"""
# What sticks out to the right, outside of what scrolls by itself.
WIDE = """[...document.querySelectorAll("body *")].filter(e => !e.closest(".scroll, .skip, svg") &&
  e.getBoundingClientRect().right > WIDTH + 0.5).map(e => e.outerHTML.slice(0, 100))"""
FOCUS = "(() => { const e = document.activeElement; return [e.className || e.name || e.textContent, getComputedStyle(e).outlineStyle]; })()"


@pytest.fixture
def browser(tmp_path):
    made = Browser(tmp_path)
    yield made
    made.close()


def test_in_a_browser(filled, browser):  # noqa: F811
    pages = Pages(filled)
    base = f"http://127.0.0.1:{pages.port}"
    answer, = [row[0] for row in filled.sql("SELECT snapshot_id FROM v_snapshot WHERE task_id = 'v00'")]
    for path in ("/", "/runs", "/gallery", "/task/v00", f"/answer/{answer}/v00"):
        for width, scheme in ((360, "light"), (1280, "dark")):
            browser.look(width, scheme)
            browser.open(base + path)
            assert browser.run("document.documentElement.scrollWidth") <= width, path
            assert browser.run(WIDE.replace("WIDTH", str(width))) == [], path
            seen = browser.run(FAINT)
            assert seen["faint"] == [] and seen["looked"] > 5, (path, scheme, seen)
    assert browser.complaints == [], "scripts, styles and files as the policy allows"
    browser.look(360)
    browser.run("document.documentElement.style.setProperty('--soft', '#aaa'), document.querySelector('pre').style.minWidth = '500px'")
    assert browser.run(FAINT)["faint"] and browser.run(WIDE.replace("WIDTH", "360")), "faults would be seen"
    assert browser.run("document.documentElement.scrollWidth") > 360

    # By the keyboard alone, with a visible focus.
    browser.open(base + "/")
    browser.press("Tab")
    assert browser.run(FOCUS)[0] == "skip"
    for wanted in ("brand", "Now", "Runs"):
        browser.press("Tab")
        assert browser.run(FOCUS) == [wanted, "solid"]
    browser.press("Enter")
    browser.wait_for("location.pathname === '/runs'")

    browser.open(base + "/task/v00")
    browser.wait_for("document.querySelector('video').readyState >= 2")
    browser.run("(() => { const v = document.querySelector('video'); v.muted = true; return v.play().then(() => true); })()")
    browser.wait_for("document.querySelector('video').currentTime > 0.2")
    browser.open(base + "/gallery")
    browser.wait_for("document.querySelector('.grid video').readyState >= 2")
    titles = browser.run("[...document.querySelectorAll('.grid .id')].map(e => e.textContent)")
    browser.open(base + "/gallery?q=onerror")
    assert sorted(browser.run("[...document.querySelectorAll('.grid .id')].map(e => e.textContent)")) == sorted(HOSTILE)
    assert len(titles) == 24 and browser.run("document.querySelectorAll('main img, main script').length") == 0
    assert EVIL in browser.run("document.querySelector('.grid').textContent")

    # The numbers of an open page follow the ledger.
    browser.open(base + "/")
    browser.run("window.same = true")
    assert browser.run("document.getElementById('unfinished').textContent") == "1"
    assert filled("forget", "slow").code == 0
    browser.wait_for("document.getElementById('unfinished').textContent === '0'")
    assert browser.run("window.same"), "without loading the page again"
    assert browser.complaints == []
    pages.end()
