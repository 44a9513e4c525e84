"""The manual pages and the example configuration of the build, checked by the usual programs."""
import pathlib
import re
import subprocess

import pytest

from conftest import BINARY, PATIENCE

TEXTS = pathlib.Path(BINARY).resolve().parent / "texts"
PAGES = sorted(TEXTS.glob("man?/*.[15]"))
COMMANDS = ["run", "import", "status", "runs", "report", "close", "audit", "reconcile", "forecast", "verify", "doctor", "serve", "forget", "prices check",
            "db migrate", "db check", "db backup", "db copy", "db prune", "config"]


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})


def test_every_command_has_a_page():
    wanted = {f"reeltally-{command.replace(' ', '-')}.1" for command in COMMANDS}
    assert {page.name for page in PAGES} == wanted | {"reeltally.1", "reeltally-config.5"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_linters_find_nothing(page):
    lint = said("mandoc", "-T", "lint", page)
    assert lint.returncode == 0 and not lint.stdout, lint.stdout
    man = said("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page)
    assert man.returncode == 0 and not man.stderr, man.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_has_all_of_help(command):
    text = said(BINARY, *command.split(), "--help").stdout
    page = said("mandoc", "-T", "ascii", TEXTS / "man1" / f"reeltally-{command.replace(' ', '-')}.1").stdout
    shown = re.sub(".\b", "", page)  # bold is a character struck twice
    options = set(re.findall(r"^ .{0,5}(--[a-z-]+)", text, re.MULTILINE))
    assert len(options) > 8 and all(option in shown for option in options)
    for section in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"):
        assert f"\n{section}\n" in shown, section


def settings(*arguments):
    result = said("env", "HOME=/nonexistent", BINARY, "config", *arguments)
    assert result.returncode == 0, result.stderr
    return [line.split() for line in result.stdout.split("\nAccounts:")[0].splitlines()]


def test_the_example_configuration_names_every_setting(tmp_path):
    example = (TEXTS / "config.toml").read_text()
    (tmp_path / "as-is.toml").write_text(example)
    assert not [row for row in settings("--config", tmp_path / "as-is.toml") if "as-is.toml:" in row[-1]]
    # An account table cannot stand beside the key `account`.
    plain, tables = re.sub(r"^#([a-z\[])", r"\1", example, flags=re.MULTILINE).split("# Accounts:")
    (tmp_path / "all.toml").write_text(plain)
    rows = settings("--config", tmp_path / "all.toml")
    not_from_file = {row[0] for row in rows if "all.toml:" not in row[-1]}
    assert not_from_file == {"config"} and len(rows) > 50
    (tmp_path / "tables.toml").write_text("#" + tables)
    settings("--config", tmp_path / "tables.toml")
