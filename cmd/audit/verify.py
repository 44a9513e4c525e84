#!/usr/bin/env python3
"""Proves the numbers of this bundle of `reeltally audit` with Python 3.9 and the program zstd alone.

    python3 verify.py [HEAD]

HEAD is the hash that `reeltally close` printed or somebody signed: with it nobody can have made the
bundle anew. Exit code 0: all is proved. docs/audit.md says what each file is and what is proved.
"""
import base64, contextlib, csv, functools, hashlib, io, itertools, json, pathlib, re, subprocess, sys
from datetime import datetime
from decimal import ROUND_CEILING, Context, Decimal, setcontext

HERE = pathlib.Path(__file__).resolve().parent
setcontext(Context(prec=100, traps=[]))  # products and sums are exact; what is no number is in no range
COUNTS = {"second": "duration_seconds", "output_second": "output_seconds", "input_second": "input_seconds", "video": "video_count",
          "mtoken": "completion_tokens", "sr_mtoken": "super_resolution_tokens", "unit": "units", "credit": "credits", "quota": "quota"}
ANSWERED = {"duration_seconds": "duration video_duration total_seconds seconds", "input_seconds": "input_video_duration input_seconds",
            "output_seconds": "output_video_duration output_seconds video_duration duration seconds", "units": "final_unit_deduction amount"}
COLUMNS = "model unit min_sr max_sr price currency valid_from valid_to minimum round_up discount note from_quantity to_quantity #".split()
LADDER = re.compile("(?:(?:reversal|repriced|no finish time: billed when first seen finished|no submit time: placed when first seen); )*"
                    r"tiers of line (\d+), after (\d+(?:\.\d+)?) this month(?:: ([\d., at]+))?(?:; |$)")
WORDS = {**dict.fromkeys("success succeeded succeed completed complete finished".split(), "success"),
         **dict.fromkeys("failure failed fail error cancelled canceled expired".split(), "failure")}
DECIMALS = {**dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
            **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)}
faults = []


def check(holds, fault):
    if not holds:
        faults.append(fault)
        print("FAULT:", fault)


def sha256(file):
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


@contextlib.contextmanager
def expanded(name):
    """The bytes of NAME.zst as a file."""
    with subprocess.Popen(["zstd", "-dcq", HERE / (name + ".zst")], stdout=subprocess.PIPE) as program:
        yield program.stdout
    check(program.returncode == 0, name + ".zst is damaged")


def number(text):
    """A decimal as answers, books and reports write it; else None."""
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", str(text)) else None


def unguarded(cell):
    """A cell of the report, without the ' that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if re.match("'[=+@\\t\\r-]", cell) else cell


def table(text):
    """The rows of a CSV as {column: cell, "#": line of the file}, without blank rows and comments, which begin where a row does."""
    lines, read, rows = list(io.StringIO(text, newline="")), 0, []

    def following():
        nonlocal read
        while read < len(lines):
            read += 1
            yield lines[read - 1]

    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    named = re.match('"?sep=(.)', first, re.I)
    delimiter = named[1] if named else max(",;\t|", key=re.sub('"[^"]*"', "", first).count)
    reader = csv.reader(following(), delimiter=delimiter)
    while read < len(lines):
        if not lines[read].strip() or lines[read].startswith("#"):
            read += 1
        else:
            rows.append((read + 1, [cell.strip() for cell in next(reader)]))
    (_, header), *rows = rows[1 if named else 0:]
    header = [re.sub("(?i)^label: *", "label_", name) if name.lower().startswith("label:") else name.lower() for name in header]
    return [{**dict(zip(header, row)), "#": begin} for begin, row in rows if any(row)]


@functools.lru_cache(10000)
def fits(pattern, text):
    return text != "" and bool(re.fullmatch("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), text, re.S))


def within(cell, value):
    """Whether a count is in a range of a price book: 5, 5..10, >0, >=5, <10 or <=10."""
    low, _, high = cell.partition("..")
    sign, bound = re.fullmatch("([<>]?=?) *(.*)", low.strip()).groups()
    bound = Decimal(bound)
    return bound <= value <= Decimal(high) if high else {"": value == bound, ">": value > bound, ">=": value >= bound,
                                                         "<": value < bound, "<=": value <= bound}[sign]


@functools.lru_cache(10000)
def picture(text):
    """The lines of a picture: 720p, 4k, 720x1280. An unknown number is in no range."""
    text = text.strip().lower()
    text = {"2k": "1440", "4k": "2160", "8k": "4320"}.get(text, text[:-1] if text.endswith("p") else text)
    sides = [number(side) for side in re.split("[x*]", text, maxsplit=1)]
    return Decimal("nan") if None in sides else min(sides)


class Price:
    """A row of a price book."""
    def __init__(self, row):
        self.unit, _, label = row["unit"].partition(":")
        self.label, self.model, self.currency = "label_" + label, row["model"], row["currency"]
        self.price = Decimal(row["price"]) * (100 - Decimal((row.get("discount") or "0").rstrip("% "))) / 100
        self.low, self.high, self.round_up, self.minimum = (row.get(name) and Decimal(row[name]) for name in ("min_sr", "max_sr", "round_up", "minimum"))
        self.first, self.last = row.get("valid_from") or "", row.get("valid_to") or ""
        self.conditions = [(name, cell) for name, cell in row.items() if cell and name not in COLUMNS]
        self.number, self.begin, self.end = row["#"], row.get("from_quantity"), row.get("to_quantity")
        self.tiers = []  # (begin, end, price), of the quantity of a month
        fixed = len(re.sub("[*?]", "", self.model).encode())
        self.rank = (len(self.conditions), fixed == len(self.model.encode()), fixed, bool(self.low or self.high), bool(self.first or self.last))

    def holds(self, line, enhanced):
        """Whether the row fits: True, False, or None if the bundle does not have what decides."""
        if (self.unit == "sr_mtoken") != enhanced or not fits(self.model, line["model"]):
            return False
        holds = [line.meets(name, cell) for name, cell in self.conditions]
        if self.low or self.high:  # the report has the delivered picture, and not the generated one
            holds.append(None if self.unit == "mtoken" and "super_resolution" in line.answer else
                         (self.low or 0) <= picture(line["resolution"]) <= (self.high or Decimal("inf")))
        if self.first or self.last:
            holds.append(None if not line.day else self.first <= line.day <= (self.last or "9999"))
        return False if False in holds else None if None in holds else True

    def parts(self, start, charged):
        """[(quantity, price)] of the tiers that charge the quantity from that place on."""
        return [(min(start + charged, end) - max(start, begin), price) for begin, end, price in self.tiers or [(0, Decimal("inf"), self.price)]
                if max(start, begin) < min(start + charged, end) or (charged == 0 and begin <= start < end)]

    def amount(self, line, charged, unit_price):
        """What the quantity costs; None if the line does not state the price, and its place in the tiers, that give it."""
        number, start, stated = line.ladder or (0, 0, [])
        if number != (self.number if self.tiers else 0) or bool(stated) != (unit_price is None):
            return None
        parts = self.parts(start, charged)
        return sum(part * price for part, price in parts) if parts == (stated or [(charged, unit_price)]) else None

    def quantity(self, line, of_quota):
        stated = Decimal(1) if self.unit == "task" else number(line[self.label]) if self.unit == "label" else line.count(COUNTS[self.unit])
        if not stated:
            return stated
        stated *= {"mtoken": Decimal("1e-6"), "sr_mtoken": Decimal("1e-6"), "quota": of_quota}.get(self.unit, 1)
        return max((stated / self.round_up).to_integral_value(ROUND_CEILING) * self.round_up if self.round_up else stated, self.minimum or 0)


def joined(prices):
    """The rows of a book; those that differ in quantities, price, discount and note alone are the tiers of one."""
    alike = {}
    for price in prices:
        alike.setdefault((price.unit, price.label, price.model, price.currency, price.low, price.high, price.round_up, price.minimum,
                          price.first, price.last, tuple(price.conditions)), []).append(price)
    for tiers in alike.values():
        if len(tiers) > 1 and any(price.begin or price.end for price in tiers):
            tiers[0].tiers = sorted((Decimal(price.begin or 0), Decimal(price.end or "inf"), price.price) for price in tiers)
            del tiers[1:]
    return sorted(itertools.chain(*alike.values()), key=lambda price: price.number)


class Book:
    """A price book as it is frozen: rounding, rates and resale book in comments behind it, else as in `other`."""
    def __init__(self, data, other=None):
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        text, _, kept = text.partition("\n# terms of the closing, added by reeltally\n")
        def term(mark):
            return "\n".join(line.split(": ", 1)[1] for line in kept.split("\n") if line.startswith(f"# {mark}: "))
        rows = table(text) if text.strip() else []
        self.prices = joined([Price(row) for row in rows])
        self.special = any(name not in COLUMNS for row in rows[:1] for name in row)  # then the most special row counts, else the first one
        per_unit = re.search(r"\n# quota-per-unit: (\d+)\n*$", text)
        self.of_quota = 1 / Decimal(per_unit[1] if per_unit else 500000)
        self.round = term("round") or (other.round if other else "")
        self.currency = term("billing-currency") or (other.currency if other else "")
        self.rates = term("rates") or (other.rates if other else "")
        self.resale = term("resale") or (other.resale if other else "")
        self.resale_book = Book(self.resale.encode()) if self.resale else None
        self.rate_rows = table(self.rates) if self.rates else []

    def rounded(self, amount, currency):
        places = DECIMALS.get(currency, 2) if self.round == "currency" else self.round
        return amount if places == "" else round(amount, int(places))

    def charges(self, line, enhanced):
        """(price row, quantity) by the row that counts; by a few if the bundle does not have what decides between them."""
        found = []
        for price in self.prices:
            holds = price.holds(line, enhanced)
            if holds is not False:
                found.append((holds, price))
            if holds and not self.special:
                break
        least = max((price.rank for holds, price in found if holds and self.special), default=())
        charged = [(price, price.quantity(line, self.of_quota)) for _, price in found if price.rank >= least]
        return [(price, quantity) for price, quantity in charged if quantity is not None]


def numbers(value, found):
    """Collects {key: numbers} of an answer, also the sums over its lists, and its links."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value, parse_float=str, parse_int=str)
        except ValueError:
            pass
    if isinstance(value, str) and value.startswith(("http", "/")):
        found.setdefault("links", set()).add(value)
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if number(one) is not None:
            found.setdefault(key, set()).add(number(one))
        numbers(one, found)
    if isinstance(value, list):
        found.setdefault("video_count", set()).add(Decimal(len(value)))
        objects = [one for one in value if isinstance(one, dict)]
        for some in (objects, [one for one in objects if "video" in one.get("type", "video")], [one for one in objects if one.get("charge_type") == "unit"]):
            for key in ("duration", "amount"):
                stated = [number(one.get(key, (one.get("video") or {}).get(key) if isinstance(one.get("video") or {}, dict) else None)) for one in some]
                found.setdefault(key, set()).add(sum(one for one in stated if one is not None))
    return found


def ladder_of(note):
    """(line of the book, start, [(quantity, price)] if several tiers or a resale are noted) of a place in tiers; else None."""
    place = LADDER.match(note)
    return place and (int(place[1]), Decimal(place[2]), [tuple(map(Decimal, part.split(" at "))) for part in (place[3] or "").split(", ") if part])


class Line:
    """A row of report.csv with its answer. `counts`: the row that has its task's counts; None: not in this report."""
    def __init__(self, row, counts, answer):
        self.row, self.counts, self.answer = row, counts, answer
        self.said = json.loads(answer.lstrip("\ufeff"), parse_float=str, parse_int=str)
        self.found = numbers(self.said, {})
        self.sign = -1 if row["line_id"].endswith("-reversal") else 1
        self.enhanced = bool(re.search(r"-sr(-|$)", row["line_id"]))
        self.day = "" if row["adjusts"] else row["finished_at"][:10]  # a correction may be of another day
        self.ladder = ladder_of(row["cost_note"])
        self.sold = list(filter(None, map(ladder_of, row.get("resale_note", "").split("; "))))
        self.free = row["status"] == "failure" or bool(re.match("((reversal|repriced); )*charged under account ", row["cost_note"]))

    def __getitem__(self, column):
        return unguarded(self.row.get(column) or "")

    def amounts(self, *columns):
        return [number(self[column]) for column in columns]

    def count(self, name):
        stated = number(self.counts.get(name)) if self.counts else next(iter(self.found.get(name, ())), None)
        return stated * self.sign if stated is not None and self.counts else stated

    def meets(self, name, cell):
        """Whether a condition of a price row holds; None: the bundle does not have what decides."""
        if name in COUNTS.values() or name == "total_tokens":
            return None if self.counts is None else self.count(name) is not None and within(cell, self.count(name))
        return None if name == "generation_resolution" else fits(cell, self[name])

    def proves_status(self):
        inner = self.said.get("data") if isinstance(self.said, dict) else None
        words = [WORDS.get(str(one.get("status")).strip().lower()) for one in (inner, self.said) if isinstance(one, dict)]
        return self["status"] in words or not any(words)

    def proves_count(self, unit):
        name = COUNTS.get(unit)
        stated = set().union(*(self.found.get(key, ()) for key in ANSWERED.get(name, name or "").split()))
        return not name or self.count(name) in stated or (name == "video_count" and 1 <= self.count(name) <= max(1, len(self.found.get("links", ()))))

    def proves_cost(self, books):
        cost, quantity, unit_price = self.amounts("cost", "quantity", "unit_price")
        if cost is None or self.free:
            return cost is None or (cost == 0 and not quantity)
        for book, (price, charged) in ((book, one) for book in books for one in book.charges(self, self.enhanced)):
            amount = price.amount(self, charged, unit_price)
            if (amount is not None and (price.unit, price.currency, charged * self.sign) == (self["unit"], self["currency"], quantity)
                    and cost == book.rounded(amount * self.sign, price.currency) and self.proves_count(price.unit)):
                return True
        return False

    def proves_place(self, ends):
        """Whether it begins in its tiers where the line before ended. A correction begins where the corrected line did."""
        places = [("cost", *self.ladder[:2], self.amounts("quantity")[0])] if self.ladder else []
        places += [("resale", number, start, sum(part for part, _ in parts)) for number, start, parts in self.sold]
        begins = []
        for book, number, start, charged in [] if self["adjusts"] else places:
            begins.append(start == ends.get((book, number), 0))
            ends[book, number] = start + charged
        return all(begins)

    def proves_conversion(self, books):
        cost, billed, rate = self.amounts("cost", "billing_cost", "rate")
        book = next((book for book in books if book.rates), None)
        if billed is None or not cost or self["currency"] == self["billing_currency"]:
            return billed is None or billed == book.rounded(cost, book.currency)
        return rate is not None and self["billing_currency"] == book.currency and billed == book.rounded(cost * rate, book.currency) and any(
            [row["from"], row["to"], number(row["rate"])] == [self["currency"], book.currency, rate]
            and self["rate_note"] == ", ".join(filter(None, [row["date"], row.get("source")])) for row in book.rate_rows)

    def proves_resale(self, books):
        amount, margin, cost = self.amounts("resale", "margin", "cost")
        if margin is not None and margin != (amount or 0) - (cost or 0):
            return False
        if amount is None or self.free or self.enhanced:
            return not amount
        for book in (book for book in books if book.resale):
            more = book.resale_book.charges(self, True) or [None]
            for parts in itertools.product(book.resale_book.charges(self, False), more):
                parts = [one for one in parts if one]
                begin = {number: start for number, start, _ in self.sold}
                charged = [(price.number, begin.get(price.number, 0), price.parts(begin.get(price.number, 0), quantity)) for price, quantity in parts]
                stated = [one for (price, _), one in zip(parts, charged) if price.tiers]
                whole = sum(part * price for _, _, tiers in charged for part, price in tiers)
                if stated == self.sold and amount == self.sign * book.rounded(whole, self["resale_currency"]):
                    return True
        return False


def proofs():
    with expanded("answers.ndjson") as file:
        yield from map(json.loads, file)


def lines_of(name):
    csv.field_size_limit(1 << 30)
    with expanded(name) as file:
        yield from csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline=""))


def prove_lines(own, corrected):
    """Proves each line, and adds the lines up as the manifest does."""
    shown = {"rows": 0, "tasks": 0, "unpriced": 0, "totals": {}, "billing_totals": {}, "resale_totals": {}, "margin_totals": {}}
    report, focus = lines_of("report.csv"), lines_of("focus.csv")
    of_task = lambda row: (row["snapshot_id"], row["task_id"], row["line_id"].endswith("-reversal"))
    ends = {}
    counts, invoice = None, json.loads((HERE / "report.csv.manifest.json").read_text()).get("invoice_id", "")
    for row, proof in itertools.zip_longest(report, proofs()):
        if row is None or proof is None:
            return check(False, "report.csv and answers.ndjson have not the same lines") or shown
        answer = proof["answer"].encode() if "answer" in proof else base64.b64decode(proof["base64"])
        named = f"{row['snapshot_id']}-{row['raw_sha256'][:12]}"
        counts = row if not re.search(r"-sr(-|$)", row["line_id"]) else counts if counts and of_task(counts) == of_task(row) else None
        line, books = Line(row, counts, answer.decode("utf-8", "replace")), corrected if row["adjusts"] else own
        for holds, fault in [(proof["line"] == row["line_id"] and proof["task"] in (row["task_id"], line["task_id"]) and row["line_id"].startswith(named)
                              and hashlib.sha256(answer).hexdigest() == row["raw_sha256"], "the answer is not the one that the report names"),
                             (line.proves_status(), f"the answer does not say {row['status']}"),
                             (line.proves_cost(books), "the cost is not what answer and price book give"),
                             (line.proves_place(ends), "it does not begin in its tiers where the line before ended"),
                             (line.proves_conversion(books), "billing_cost is not what cost and rates give"),
                             (line.proves_resale(books), "resale or margin is not what answer and resale book give")]:
            check(holds, f"line {row['line_id']}: {fault}")
        shown["rows"] += 1
        shown["tasks"] += 0 if line.enhanced else line.sign
        shown["unpriced"] += row["cost"] == "" and line.sign == 1
        for sums, currency, amount in [("totals", "currency", "cost"), ("billing_totals", "billing_currency", "billing_cost"),
                                       ("resale_totals", "resale_currency", "resale"), ("margin_totals", "resale_currency", "margin")]:
            if line[currency] and line[amount]:
                shown[sums][row[currency]] = shown[sums].get(row[currency], 0) + Decimal(row[amount])
        if row["cost"] and row["unit"] and not line.free:
            tiers = [next(focus, {}) for _ in (line.ladder and line.ladder[2]) or [1]]  # a row for each tier
            check({(other.get("x_LineId"), other.get("BillingCurrency")) for other in tiers} == {(row["line_id"], row["currency"])}
                  and sum(number(other.get("BilledCost")) or 0 for other in tiers) == Decimal(row["cost"]),
                  f"line {row['line_id']}: focus.csv does not have the same cost")
            check({unguarded(other.get("InvoiceId") or "") for other in tiers} == {invoice},
                  f"line {row['line_id']}: focus.csv does not have the invoice `{invoice}`")
    check(next(focus, None) is None, "focus.csv has more lines than report.csv")
    return shown


def check_chain(text, files):
    """The fields of each closing {key: [values]} and its hash, in order; each names the one before."""
    chain = []
    for block in re.findall(r"(?ms)^period .*?^previous [^\n]*\n", text):
        fields = {}
        for line in block.splitlines():
            fields.setdefault(line.partition(" ")[0], []).append(line.partition(" ")[2])
        before = f"{chain[-1][0]['period'][0]} {chain[-1][1]}" if chain else fields["previous"][0]
        check(before == fields["previous"][0], f"chain.txt: {fields['period'][0]} does not follow {before}")
        chain.append((fields, hashlib.sha256(block.encode()).hexdigest()))
    books = {("prices-" + fields["period"][0], fields["prices_sha256"][0]) for fields, _ in chain}
    later = {("prices-" + name, book) for fields, _ in chain for name, book in (value.split() for value in fields.get("repriced", []))}
    for name in files:
        known = {book for period, book in (later if "-repriced-" in name else books) if period == re.split(r"\.csv|-repriced", name)[0]}
        check(not name.startswith("prices-") or files[name] in known or not known, f"{name} is not the book that a closing names")
    return chain


def check_closing(chain, files, manifest, shown):
    """What was closed is what the bundle has. Returns the head."""
    check(manifest["closed_sha256"] == manifest["sha256"] == files["report.csv"], "report.csv is not what was closed")
    if not manifest.get("head") and len(sys.argv) < 2:
        return "closed before hashes were kept"
    fields, head = chain[-1] if chain else ({}, "")
    off = "".join(f"{task['account']}|{task['task_id']}\n" for task in manifest["written_off"])
    begin, end = (int(datetime.fromisoformat(manifest[key].replace("Z", "+00:00")).timestamp() * 1000) for key in ("begin", "end"))
    for key, value in {"period": manifest["period"], "zone": manifest["tz"], "begins_at": begin, "ends_at": end, "lines": shown["rows"],
                       "csv_sha256": files["report.csv"], "unfinished": manifest["unfinished"], "missing": manifest["missing"],
                       "written_off": f"{len(manifest['written_off'])} {hashlib.sha256(off.encode()).hexdigest()}",
                       "prices_sha256": files.get("prices.csv", "-"), "schema": manifest["schema_version"]}.items():
        check(fields.get(key) == [str(value)], f"the closing has another `{key}` than {value}")
    check(fields.get("invoice_id") == ([manifest["invoice_id"]] if "invoice_id" in manifest else None), "the closing has another invoice")
    check({value.split()[0]: Decimal(value.split()[1]) for value in fields.get("total", [])} == shown["totals"], "the closing has other totals")
    signature = base64.b64encode((HERE / "signature").read_bytes()).decode() if "signature" in files else None
    check(signature == manifest.get("signature"), "the signature is not that of the manifest")
    for place, stated in [("the manifest", manifest.get("head")), ("the file `head`", (HERE / "head").read_text().strip() if "head" in files else ""),
                          ("the command line", (sys.argv + [head])[1])]:
        check(stated == head, f"the head of the closing is {head}, and {place} has {stated}")
    return head


def main():
    stated = dict(reversed(line.split("  ", 1)) for line in (HERE / "SHA256SUMS").read_text().splitlines())
    files = {name: sha256(open(HERE / name, "rb")) for name in stated if (HERE / name).is_file()}
    check(files == stated, "not as in SHA256SUMS: " + ", ".join(name for name in stated if files.get(name) != stated[name]))
    for name in ("report.csv", "focus.csv"):
        with expanded(name) as file:
            files[name] = sha256(file)
    manifest = json.loads((HERE / "report.csv.manifest.json").read_text(), parse_float=Decimal)
    read = lambda name: (HERE / name).read_bytes() if name in files else b""
    own = Book(read("prices.csv"))
    check((read("rates.csv").decode(), read("resale.csv").decode()) == (own.rates, own.resale), "rates.csv or resale.csv is not what prices.csv has")
    corrected = {}
    for name in sorted((name for name in files if name.startswith("prices-")), key=lambda name: ("-repriced-" in name, name)):
        corrected[name] = Book(read(name), corrected.get(name.split("-repriced-")[0] + ".csv", own))
    shown = prove_lines([own], list(corrected.values()))
    for key, value in shown.items():
        stated = manifest.get(key, {})
        check(stated == value, f"`{key}` of the manifest is not what the lines give: {value}")
    focus = json.loads((HERE / "focus.csv.manifest.json").read_text(), parse_float=Decimal)
    check((focus["sha256"], focus["totals"]) == (files["focus.csv"], manifest["totals"]), "focus.csv.manifest.json does not fit")
    head = check_closing(check_chain(read("chain.txt").decode(), files), files, manifest, shown)
    print(f"{manifest['period']}: {shown['rows']} lines, {shown['unpriced']} of them without a cost;",
          ", ".join(f"{code} {total:f}" for code, total in sorted(shown["totals"].items())) or "no total")
    print("head of the chain of closed periods:", head)
    print(f"NOT PROVED: {len(faults)} faults" if faults else "all of it is proved")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        sys.exit(f"NOT PROVED: a file is not what `reeltally audit` writes: {error!r}")
