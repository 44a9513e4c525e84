#include "cmd/audit.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <vector>

#include "cmd/audit/bundle.h"
#include "cmd/audit/verify_script.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/os/json_text.h"
#include "cmd/report.h"
#include "core/billing/billing_source.h"
#include "core/billing/currencies.h"
#include "core/billing/reports.h"
#include "core/error.h"
#include "core/files/atomic_file.h"
#include "storage/answers/answer_archive.h"
#include "storage/open_ledger.h"
#include "storage/postgres/ledger_url.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/maintenance.h"

namespace cmd {
namespace {

const core::ClosedPeriod& closed_period(const core::Reports& reports, const std::string& text) {
  const std::string name = core::parse_period(text, core::TimeZone("UTC")).name;
  const core::ClosedPeriod* found = core::closed_period_named(reports.closed_periods(), name);
  if (found == nullptr) {
    throw core::UsageError(name +
                           " is not closed, so its numbers may still change; close it "
                           "first: `reeltally close " +
                           name + "`");
  }
  return *found;
}

// The newest version of FOCUS that allows the currencies of a report with this manifest.
std::string focus_version(const std::string& manifest) {
  std::ifstream file(manifest);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("totals")) {
    throw core::Error("cannot read " + manifest + ", which was just written");
  }
  for (const auto& [currency, total] : json.at("totals").items()) {
    if (!core::is_iso_currency(currency)) {
      return "1.3";
    }
  }
  return default_text(Command::report, "focus-version");
}

// With their manifests. They refuse a period that somebody changed.
void write_reports(const AuditOptions& options, Bundle& bundle, std::ostream& out) {
  Log quiet({.level = LogLevel::error});  // `report` warns of what the manifest says
  ReportOptions report{.ledger = options.ledger,
                       .period = options.period,
                       .format = "csv",
                       .output = bundle.path("report.csv")};
  write_report(report, quiet, out);
  report.focus_version = focus_version(report.output + ".manifest.json");
  report.format = "focus";
  report.output = bundle.path("focus.csv");
  write_report(report, quiet, out);
  bundle.compress("report.csv");
  bundle.compress("focus.csv");
}

// Returns the number of lines.
std::uint64_t write_answers(core::BillingSource& source, const core::ClosedPeriod& closed,
                            const Bundle& bundle) {
  core::AtomicFile file(bundle.path("answers.ndjson.zst"));
  storage::AnswerArchive archive([&file](std::string_view bytes) { file.write(bytes); });
  std::uint64_t lines = 0;
  std::uint64_t gone = 0;
  source.each_proof(closed, [&](const core::LineProof& proof) {
    ++lines;
    gone += proof.answer ? 0 : 1;
    if (gone == 0) {
      archive.add({.line_id = proof.line_id, .task_id = proof.task_id, .bytes = *proof.answer});
    }
  });
  if (gone > 0) {
    throw core::Error("cannot prove " + format_count(gone, "line") + " of " + closed.period.name +
                      ": `reeltally db prune` deleted the raw answers; audit a backup that has "
                      "them: --db BACKUP");
  }
  archive.finish();
  file.prepare(core::kOwnerOnly);
  file.publish();
  return lines;
}

std::set<std::int64_t> corrected_by(core::Reports& reports, const core::ClosedPeriod& closed) {
  std::set<std::int64_t> keys;
  reports.each_exact_line({.begin = closed.period.begin, .end = closed.period.end, .labels = false},
                          {}, core::TimeZone(closed.zone), [&keys](const core::ReportLine& line) {
                            if (line.corrects()) {
                              keys.insert(line.incurred_in);
                            }
                          });
  return keys;
}

// What the period was closed with: the book as it is kept, and the files of its terms.
void add_own_books(const core::ClosedPeriod& closed, Bundle& bundle) {
  if (!closed.prices) {
    return;
  }
  bundle.add("prices.csv", *closed.prices);
  const core::Terms terms = core::terms_of(*closed.prices);
  if (terms.rates) {
    bundle.add("rates.csv", terms.rates->text());
  }
  if (terms.resale) {
    bundle.add("resale.csv", terms.resale->text);
  }
}

// All that ever ruled a period that lines of this one correct. What was recorded later than this
// closing is left out: the bundle of a period never changes.
void add_corrected_books(core::BillingSource& source, const core::ClosedPeriod& corrected,
                         const core::ClosedPeriod& closed, Bundle& bundle) {
  const std::string name = "prices-" + corrected.period.name;
  if (corrected.prices) {
    bundle.add(name + ".csv", *corrected.prices);
  }
  int number = 0;
  for (const core::LaterBook& book : source.later_books(corrected)) {
    ++number;
    if (book.carried_by != 0 && book.carried_by <= closed.key) {
      bundle.add(name + "-repriced-" + std::to_string(number) + ".csv", book.prices);
    }
  }
}

// The statements of the chain of closed periods up to this one, in the order of the closings.
std::string chain_text(std::vector<core::ClosedPeriod> periods, std::int64_t last) {
  std::sort(periods.begin(), periods.end(),
            [](const auto& one, const auto& other) { return one.key < other.key; });
  std::string text;
  for (const core::ClosedPeriod& one : periods) {
    if (one.key <= last && !one.statement.empty()) {
      text += one.statement + '\n';
    }
  }
  return text;
}

void add_chain(const core::Reports& reports, const core::ClosedPeriod& closed, Bundle& bundle) {
  if (const std::string text = chain_text(reports.closed_periods(), closed.key); !text.empty()) {
    bundle.add("chain.txt", text);
  }
  if (!closed.head.empty()) {
    bundle.add("head", closed.head + '\n');  // the bytes that were signed
  }
  if (!closed.signature.empty()) {
    bundle.add("signature", closed.signature);
  }
}

struct Audited {
  core::ClosedPeriod period;
  std::uint64_t lines = 0;
  std::string sha256{};
};

void say(const Audited& audited, const AuditOptions& options, std::ostream& out) {
  const core::ClosedPeriod& period = audited.period;
  if (options.json) {
    print_json(out, {{"type", "audit"},
                     {"period", period.period.name},
                     {"output", options.output},
                     {"lines", audited.lines},
                     {"head", period.head.empty() ? nullptr : nlohmann::ordered_json(period.head)},
                     {"sha256", audited.sha256}});
    return;
  }
  out << period.period.name << " is in " << options.output << ": "
      << format_count(audited.lines, "line") << " with their proofs, SHA-256 of its SHA256SUMS "
      << audited.sha256 << "; `python3 verify.py` in it checks them\n";
}

Audited write_bundle(const AuditOptions& options, std::ostream& out) {
  core::Reports reports(storage::open_billing_source(options.ledger));
  Audited audited{.period = closed_period(reports, options.period)};
  const core::ClosedPeriod& closed = audited.period;
  Bundle bundle(options.output);
  write_reports(options, bundle, out);
  audited.lines = write_answers(reports.source(), closed, bundle);
  add_own_books(closed, bundle);
  const std::set<std::int64_t> corrected = corrected_by(reports, closed);
  for (const core::ClosedPeriod& other : reports.closed_periods()) {
    if (corrected.contains(other.key)) {
      add_corrected_books(reports.source(), other, closed, bundle);
    }
  }
  add_chain(reports, closed, bundle);
  bundle.add("verify.py", verify_script());
  audited.sha256 = bundle.seal();
  bundle.publish("reeltally-" + closed.period.name);
  return audited;
}

// So that `db prune` may delete the answers. Many can read a ledger and not write to it.
void record(const AuditOptions& options, const Audited& audited, core::UtcTime now, Log& log) {
  const bool is_file = !storage::is_postgres_url(options.ledger);
  try {
    std::optional<storage::Lock> lock;
    if (is_file) {
      lock.emplace(options.ledger, options.lock_wait);
    }
    storage::open_billing_source(options.ledger)->keep_bundle(audited.period, audited.sha256, now);
    if (is_file) {
      static_cast<void>(storage::settle_ledger(options.ledger));
    }
  } catch (const core::Error& failure) {
    log.warning(
        "the ledger does not know of this bundle, so `reeltally db prune` keeps the raw "
        "answers of " +
        audited.period.period.name + ": " + failure.what());
  }
}

}  // namespace

ExitCode audit_period(const AuditOptions& options, core::UtcTime now, Log& log, std::ostream& out) {
  const Audited audited = write_bundle(options, out);
  if (audited.period.bundle != audited.sha256) {
    record(options, audited, now, log);
  }
  say(audited, options, out);
  return ExitCode::ok;
}

ExitCode audit(const Settings& settings, Log& log, std::ostream& out) {
  const auto output = settings.given_text("output");
  if (!output || *output == "-") {
    throw core::UsageError("audit writes a folder or an archive; name it: -o DIR or -o FILE.tar");
  }
  return audit_period({.ledger = ledger_path(settings),
                       .period = settings.arguments().at(0),
                       .output = *output,
                       .json = settings.flag("json"),
                       .lock_wait = settings.duration("lock-wait")},
                      core::SystemClock().utc(), log, out);
}

}  // namespace cmd
