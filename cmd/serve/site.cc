#include "cmd/serve/site.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "cmd/cli/exit_code.h"
#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/history/task_cost.h"
#include "cmd/history/view_row.h"
#include "cmd/report/html_text.h"
#include "cmd/report/report_plan.h"
#include "cmd/serve/assets.h"
#include "cmd/serve/gallery_page.h"
#include "cmd/serve/page_text.h"
#include "cmd/serve/runs_page.h"
#include "cmd/serve/task_page.h"
#include "cmd/serve/video_reply.h"
#include "core/error.h"
#include "core/text/redaction.h"
#include "storage/open_ledger.h"

namespace cmd {
namespace {

constexpr std::size_t kRunsOfPage = 100;

core::UtcTime utc_now() { return core::SystemClock().utc(); }

PageReply not_found(std::string_view what) { return trouble_reply(404, what); }

std::string query_value(const PageRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

std::optional<core::TaskHistory> history_of(const std::string& ledger, const std::string& account,
                                            std::string_view id) {
  constexpr std::size_t kAnswersMax = 100;
  const auto parsed = core::TaskId::parse(id);
  const auto* task = std::get_if<core::TaskId>(&parsed);
  return task == nullptr
             ? std::nullopt
             : storage::open_ledger_reader(ledger)->task_of_late(account, *task, kAnswersMax);
}

// A price book that is wrong, or a sum that overflows, must not hide the rest of the page.
void add_budgets(const Settings& settings, core::UtcTime now, NowFigures& figures) {
  try {
    figures.budgets = budget_states(settings, now);
  } catch (const std::exception& error) {
    figures.budget_trouble = std::string("Budgets cannot be compared: ") + error.what();
  }
}

// "NUMBER/REST".
std::pair<std::string, std::string> number_and_rest(const std::string& text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  return {text.substr(0, slash), text.substr(std::min(slash + 1, text.size()))};
}

}  // namespace

Site::Site(const Settings& settings, Gate gate, Log& log)
    : settings_(settings),
      gate_(std::move(gate)),
      log_(log),
      ledger_(ledger_path(settings)),
      figures_([this](core::UtcTime now) {
        const auto ledger = storage::open_ledger_reader(ledger_);
        const auto more = storage::open_dashboard(ledger_);
        NowFigures figures = read_now_figures(*ledger, *more, now);
        add_budgets(settings_, now, figures);
        return figures;
      }) {}

PageReply Site::reply(const PageRequest& request) {
  if (auto refusal = gate_.refusal(request)) {
    return std::move(*refusal);
  }
  try {
    return page(request);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
    const Failure failure = failure_of(std::current_exception());
    log_.warning("a page cannot be shown: " + failure.message);
    return trouble_reply(503, core::redact_urls(failure.message));
  }
}

PageReply Site::page(const PageRequest& request) {
  const std::string& path = request.path;
  const std::string& usual = settings_.text("account");
  const auto given = request.query.find("account");
  const std::string account = given == request.query.end() ? usual : given->second;
  const auto below = [&path](std::string_view folder) {
    return path.starts_with(folder) ? std::optional(path.substr(folder.size())) : std::nullopt;
  };
  if (path == "/") {
    return now();
  }
  if (path == "/runs") {
    return runs("");
  }
  if (path == "/gallery") {
    return gallery(request);
  }
  if (const auto number = below("/runs/")) {
    return runs(*number);
  }
  if (const auto id = below("/task/")) {
    return task(account, *id);
  }
  if (const auto rest = below("/answer/")) {
    return answer(account, *rest);
  }
  if (const auto rest = below("/video/")) {
    return video(request, account, *rest);
  }
  auto asset = asset_reply(path);
  return asset ? std::move(*asset) : not_found("There is no such page.");
}

PageReply Site::now() {
  const NowView view{.usual_account = settings_.text("account"),
                     .writer = storage::ledger_writer(ledger_),
                     .now = utc_now()};
  return page_reply({.part = PagePart::now,
                     .title = "Now",
                     .main = now_page(*figures_.get(view.now), view),
                     .live = true});
}

PageReply Site::runs(const std::string& number) const {
  const auto ledger = storage::open_ledger_reader(ledger_);
  if (number.empty()) {
    return page_reply({.part = PagePart::runs,
                       .title = "Runs",
                       .main = runs_page(ledger->last_runs(kRunsOfPage), utc_now()),
                       .live = true});
  }
  const auto parsed = parse_run_number(number);
  const auto row = parsed ? ledger->run(*parsed) : std::nullopt;
  return row ? page_reply({.part = PagePart::runs,
                           .title = "Run " + std::to_string(*parsed),
                           .main = run_page(*row),
                           .live = true})
             : not_found("The ledger has no such run.");
}

// The price book is read anew, as for budgets. One that is wrong must not hide the rest of the
// page.
std::vector<std::string> Site::costs(const core::TaskKey& key) const {
  std::optional<core::PriceFile> prices;
  std::string trouble;
  try {
    prices = read_price_file(settings_.given_text("prices").value_or(""),
                             settings_.count("quota-per-unit"));
  } catch (const core::UsageError& error) {
    trouble = std::string("not known: ") + error.what();
  }
  std::vector<std::string> costs = costs_of(ledger_, prices ? &prices->book : nullptr, key);
  if (costs.empty() && !trouble.empty()) {
    costs.push_back(std::move(trouble));
  }
  return costs;
}

PageReply Site::task(const std::string& account, const std::string& id) const {
  const auto history = history_of(ledger_, account, id);
  if (!history) {
    return not_found("The ledger has no task with this ID for this account.");
  }
  return page_reply({.title = html_escape(id),
                     .main = task_page(*history, {.usual_account = settings_.text("account"),
                                                  .costs = costs(history->key),
                                                  .now = utc_now()}),
                     .live = true});
}

PageReply Site::answer(const std::string& account, const std::string& rest) const {
  const auto [snapshot, id] = number_and_rest(rest);
  const auto number = parse_run_number(snapshot);
  const auto found =
      number ? storage::open_ledger_reader(ledger_)->answer_of(*number, "") : std::nullopt;
  const bool is_of_task = found && text_in(found->columns, "task_id") == id &&
                          text_in(found->columns, "account") == account;
  auto main = is_of_task ? answer_page(*found, settings_.text("account")) : std::nullopt;
  return main ? page_reply({.title = "Answer " + html_escape(snapshot), .main = std::move(*main)})
              : not_found("The ledger does not have this answer, or it was pruned.");
}

PageReply Site::video(const PageRequest& request, const std::string& account,
                      const std::string& rest) const {
  const auto [number, id] = number_and_rest(rest);
  const auto index = parse_run_number(number);
  const auto row =
      index ? storage::open_dashboard(ledger_)->saved_video(account, id, *index) : std::nullopt;
  return row ? video_reply({.path = text_in(*row, "path"), .bytes = number_in(*row, "bytes")},
                           request.range)
             : not_found("The ledger has no such video on disk.");
}

PageReply Site::gallery(const PageRequest& request) const {
  const core::GalleryPage query =
      gallery_query(query_value(request, "after"), query_value(request, "q"));
  const std::string& search = query.search;
  const std::string& usual = settings_.text("account");
  const auto ledger = storage::open_dashboard(ledger_);
  const bool is_id = !search.empty() && ledger->has_task(usual, search);
  const std::string exact = is_id ? task_link({usual, search, usual}) : "";
  return page_reply({.part = PagePart::gallery,
                     .title = "Gallery",
                     .main = gallery_page(ledger->gallery(query), query, exact, usual),
                     .search = html_escape(search)});
}

}  // namespace cmd
