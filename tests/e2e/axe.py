"""axe-core: the rules of WCAG 2, level A and AA, checked within a page of headless Chromium (browser.py)."""
import base64
import hashlib
import json
import shutil
import subprocess
import tarfile

import pytest

VERSION = "4.10.3"  # MPL-2.0; Debian has none
INTEGRITY = "Xm7bpRXnDSX2YE2YFfBk2FnF0ep6tmG7xPh8iHee8MIcrgq762Nkce856dYtJYLkuIoYZvGfTs/PbZhideTcEg=="  # of the registry, SHA-512
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """axe.run(document, {runOnly: {type: "tag", values: TAGS}}).then(all => ({
  passes: all.passes.map(rule => rule.id),
  unsure: all.incomplete.map(rule => rule.id + ": " + rule.nodes.map(node => node.html).join(" ")),
  violations: all.violations.map(rule => rule.id + ": " + rule.help + ": " + rule.nodes.map(node => node.html).join(" "))}))"""


def script(folder):
    """The text of axe-core as npm has it; without npm or its registry the test is skipped, which ctest shows."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core cannot be had: npm is not installed; accessibility is NOT checked")
    try:
        result = subprocess.run([npm, "pack", "--silent", "--ignore-scripts", f"--cache={folder}/cache", "--fetch-retries=1", f"axe-core@{VERSION}"],
                                cwd=folder, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("axe-core cannot be had: the npm registry does not answer in two minutes; accessibility is NOT checked")
    if result.returncode != 0:
        pytest.skip("axe-core cannot be had from the npm registry; accessibility is NOT checked: " + result.stderr[-200:])
    archive = folder / f"axe-core-{VERSION}.tgz"
    assert base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() == INTEGRITY
    with tarfile.open(archive) as files:
        return files.extractfile("package/axe.min.js").read().decode()


def check(browser, axe):
    """What axe says of the page that the browser shows. Evaluated by the debugger, so the page's policy stays as it is."""
    if not browser.run("typeof axe === 'object'"):
        browser.run(axe + "; true")
    return browser.run(RUN.replace("TAGS", json.dumps(TAGS)))
