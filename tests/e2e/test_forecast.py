"""`forecast` and the budgets of the configuration file: their amounts follow from the report's lines."""
import collections
import datetime
import decimal
import re
import time

import pytest

from billing_month import month, nginx  # noqa: F401 (fixtures)
from conftest import PATIENCE, exact
from pages import Pages, table

D = decimal.Decimal
PRICES = "model,unit,price,currency\nwan*,second,0.07,CNY\nFilm*,second,0.30,USD\n"
DAY = 86400


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


@pytest.fixture
def fresh(reeltally, make_gateway):
    """Tasks that finish now and ones that finished yesterday."""
    film = {"vendor": "happyhorse"}
    tasks = {f"{day}-{n}": film for day in ("now", "old") for n in range(3)} | {"odd": film, "bad": {"polls": ["failure"]}}
    reeltally.gateway = make_gateway(tasks=tasks)
    for day, offset in (("old", -DAY), ("now", 0)):
        reeltally.gateway.set_clock(offset)
        ids = [f"{day}-{n},Film-1.0,{'acme' if n else 'duck'}" for n in range(3)]
        more = ["odd,Film-1.0,", "bad,Film-1.0,acme"] if day == "now" else []
        path = reeltally.csv(*ids, *more, header="task_id,model,customer")
        assert reeltally.run(reeltally.gateway, "--no-download", path).code in (0, 3)
    (reeltally.folder / "prices.csv").write_text(PRICES)
    return reeltally


def expected(program, year, key):
    """The rule, from the lines of the report: so far, and by the end of the year."""
    result = program("report", "--period", str(year), "--prices", "prices.csv", "--format", "json")
    first = datetime.date(year, 1, 1)
    days, over = (first.replace(year=year + 1) - first).days, (today() - first).days
    so_far, whole = collections.defaultdict(D), collections.defaultdict(D)
    for line in map(exact, result.out.splitlines()):
        so_far[line[key] or ""] += D(line["cost"])
        if datetime.date.fromisoformat(line["finished_at"][:10]) < today():
            whole[line[key] or ""] += D(line["cost"])
    return days, over, so_far, {name: max(cost, (whole[name] * days / over).quantize(D("0.01"))) if over else None
                                for name, cost in so_far.items()}


def test_the_estimate_follows_from_the_lines(fresh):
    day = today()
    days, over, so_far, by_end = expected(fresh, day.year, "label_customer")
    result = fresh("forecast", str(day.year), "--prices", "prices.csv", "--by", "label:customer", "--json")
    if today() != day:
        pytest.skip("midnight passed")
    rows = [exact(line) for line in result.out.splitlines()]
    assert result.code == 0 and rows.pop()["type"] == "forecast_total", result
    assert {row["label_customer"] for row in rows} == {"acme", "duck", None} and so_far["acme"] > 0
    for row in rows:
        name, estimate = row["label_customer"] or "", row["estimate"]["USD"]
        assert (row["days"], row["days_over"], D(row["so_far"]["USD"])) == (days, over, so_far[name]), row
        assert (None if estimate is None else D(estimate)) == by_end[name], row


def test_lines_are_rounded_as_they_will_be_billed(fresh):
    (fresh.folder / "prices.csv").write_text("model,unit,price,currency\nFilm*,task,0.004,USD\n")
    total = exact(fresh("forecast", "--prices", "prices.csv", "--json").out.splitlines()[-1])
    assert D(total["so_far"]["USD"]) > 0
    for rounding in (["--round", "2"], ["--round-by-currency"]):
        rounded = exact(fresh("forecast", "--prices", "prices.csv", "--json", *rounding).out.splitlines()[-1])
        assert rounded["so_far"] == {"USD": 0}, "each line costs less than half a cent"


def test_a_person_sees_a_table_of_80_columns(fresh):
    result = fresh("forecast", "--prices", "prices.csv", "--by", "label:customer")
    lines = result.out.splitlines()
    assert lines[0].split() == ["LABEL_CUSTOMER", "TASKS", "SO", "FAR", "BY", "THE", "END"] and lines[-1].startswith("total "), result
    assert all(len(line) <= 80 for line in lines)
    assert f"{today():%Y-%m} in UTC: " in result.err and re.search(r"\d+ of \d+ days (is|are) over", result.err)
    day = fresh("forecast", f"{today() - datetime.timedelta(1)}", "--prices", "prices.csv", "--by", "model")
    assert " in UTC: 1 of 1 day is over\n" in day.err, day


def test_a_month_that_is_over_is_no_estimate_and_one_that_is_closed_is_refused(month):  # noqa: F811
    june = month(300)
    rows = [exact(line) for line in june("forecast", "2026-06", "--prices", "prices.csv", "--json").out.splitlines()]
    lines = [exact(line) for line in june("report", "--period", "2026-06", "--prices", "prices.csv", "--format", "json").out.splitlines()]
    costs = {}
    for line in lines:
        if line["currency"]:
            costs[line["currency"]] = costs.get(line["currency"], D(0)) + D(line["cost"])
    total = rows.pop()
    assert {currency: D(text) for currency, text in total["so_far"].items()} == costs and total["estimate"] == total["so_far"]
    assert (total["days"], total["days_over"], total["tasks"]) == (30, 30, sum(row["tasks"] for row in rows))
    assert june("close", "2026-06", "--prices", "prices.csv").code == 0
    result = june("forecast", "2026-06", "--prices", "prices.csv")
    assert result.code == 2 and "2026-06 is closed, so its cost is no estimate" in result.err, result


@pytest.mark.parametrize("words, message", [
    ((), "add --prices FILE"),
    (("--prices", "prices.csv", "--by", "day"), "--by day cannot be used for a forecast"),
    (("--prices", "prices.csv", "--by", "task"), "--by task cannot be used for a forecast"),
    (("--prices", "prices.csv", "--account", "nobody"), "the ledger has no task of that account"),
])
def test_what_it_refuses(fresh, words, message):
    result = fresh("forecast", *words)
    assert result.code == 2 and message in result.err, result


def configure(program, *budgets):
    (program.folder / "config.toml").write_text('prices = "prices.csv"\n' + "\n".join(budgets))
    return ("--config", "config.toml")


def test_a_run_compares_budgets(fresh):
    """In its warnings, in the metrics and on the page."""
    config = configure(fresh, '[budget.duck]\nlabel = "customer=duck"\namount = "0.01 USD"', '[budget.all]\namount = "1000000 USD"',
                       '[budget.yuan]\nlabel = ["customer=acme", "customer=duck"]\namount = "1 CNY"')
    result = fresh.run(fresh.gateway, *config, "--no-download", "--metrics-file", "m.prom", "--pending")
    lines = [exact(line) for line in fresh(
        "report", "--period", f"{today():%Y-%m}", "--prices", "prices.csv", "--label", "customer=duck", "--format", "json").out.splitlines()]
    used = sum(D(line["cost"]) for line in lines)
    assert used > 0 and f"budget duck (customer=duck) of 0.01 USD in {today():%Y-%m} is exceeded: {used} USD are used" in result.err, result
    assert "budget yuan (customer=acme, customer=duck) of 1 CNY" in result.err and "in other currencies" in result.err
    assert "budget all" not in result.err
    metrics = (fresh.folder / "m.prom").read_text()
    assert f'\nreeltally_budget_used{{budget="duck"}} {used}\n' in metrics and '\nreeltally_budget_amount{budget="all"} 1000000\n' in metrics
    pages = Pages(fresh, *config)
    rows = {row[0]: row for row in table(pages.page("/"), "budgets")}
    pages.end()
    assert rows["duck"][1:4] == ["customer=duck", f"{used:.2f} USD", "0.01 USD"] and "exceeded" in rows["duck"][5], rows
    assert rows["all"][1] == "all" and rows["all"][5] == ""
    config = configure(fresh, '[budget.yuan]\namount = "1 CNY"', '[budget.dollars]\namount = "1000 USD"')
    assert "budget" not in fresh.run(fresh.gateway, *config, "--no-download", "--pending").err, "one for each currency"


def test_a_price_book_that_is_wrong_harms_no_run(fresh):
    config = configure(fresh, '[budget.all]\namount = "5 USD"')
    (fresh.folder / "prices.csv").write_text("nonsense\n")
    result = fresh.run(fresh.gateway, *config, "--no-download", "--pending")
    assert result.code == 0 and "budgets cannot be compared: " in result.err, result


def test_config_names_budgets(fresh):
    config = configure(fresh, '[budget.duck]\nlabel = "customer=duck"\namount = "0.50 USD"')
    rows = [exact(line) for line in fresh("config", "--json", *config).out.splitlines()]
    assert {"type": "budget", "name": "duck", "amount": D("0.5"), "currency": "USD", "label": ["customer=duck"]} in rows
    assert "duck" in fresh("config", *config).out.split("\nBudgets:\n")[1]
    config = configure(fresh, '[budget.two]\nlabel = ["customer=duck, dear", "customer=acme"]\namount = "1 CNY"',
                       '[budget.all]\namount = "1 CNY"')
    rows = [exact(line) for line in fresh("config", "--json", *config).out.splitlines()]
    assert {row["name"]: row["label"] for row in rows if row["type"] == "budget"} == {
        "two": ["customer=acme", "customer=duck, dear"], "all": []}


def test_pages_follow_the_price_book(fresh):
    """The costs of tasks and the budgets are those of one book, the present one."""
    book, good = fresh.folder / "prices.csv", "model,unit,price,currency\nFilm*,task,{},USD\n"
    book.write_text(good.format(2))
    pages = Pages(fresh, *configure(fresh, '[budget.all]\namount = "100 USD"'))
    cost = lambda: re.search("<dt>cost</dt><dd>(.*?)</dd>", pages.page("/task/now-0")).group(1)  # noqa: E731
    used = lambda: D({row[0]: row for row in table(pages.page("/"), "budgets")}["all"][2].split()[0])  # noqa: E731
    assert cost() == "2 USD" and (before := used()) > 0
    book.write_text(good.format(3))
    assert cost() == "3 USD"
    until = time.monotonic() + PATIENCE
    while used() != before * 3 / 2:  # counted anew every now and then
        assert time.monotonic() < until
        time.sleep(0.05)
    book.write_text("nonsense\n")
    assert cost().startswith("not known: price book prices.csv")
    pages.end()
