#include "packaging/cost_notes.h"

#include <optional>
#include <string_view>

#include "core/billing/billing.h"
#include "core/billing/price_book.h"
#include "core/domain/time_zone.h"

namespace packaging {
namespace {

core::FinishedTask success(const std::string& seconds = "5") {
  core::FinishedTask task;
  task.succeeded = true;
  task.account = "a";
  task.facts.model = "m";
  task.facts.action = "b";
  task.facts.duration_seconds = seconds;
  task.labels = {{"clips", "a few"}};
  return task;
}

core::FinishedTask failure(const std::string& quota = "") {
  core::FinishedTask task;
  task.facts.quota = quota;
  return task;
}

// The note of the first charge; without rows: no price book.
std::string note_of(const core::FinishedTask& task, std::string_view rows = "",
                    std::string_view columns = "minimum,round_up,discount,note") {
  std::optional<core::PriceBook> book;
  if (!rows.empty()) {
    book = core::PriceBook::parse(std::string(core::PriceBook::kHeader) + "," +
                                      std::string(columns) + "\n" + std::string(rows),
                                  "example");
  }
  const core::Pricing pricing{.prices = book ? &*book : nullptr};
  return core::charges_of(task, pricing, core::TimeZone("UTC")).front().cost_note;
}

core::FinishedTask seen(core::FinishedTask task, core::BilledAt source) {
  task.billed_at_source = source;
  return task;
}

core::FinishedTask charged_elsewhere() {
  core::FinishedTask task = success();
  task.charged_under = "NAME";
  return task;
}

}  // namespace

std::vector<CostNote> cost_notes() {
  const std::string many = std::string(18, '9') + "." + std::string(16, '9');
  std::vector<CostNote> notes{
      {note_of(failure()), "the task failed: it costs 0"},
      {note_of(failure("55000")), "it failed, and its answer still shows a quota"},
      {note_of(seen(failure(), core::BilledAt::first_seen_finished)),
       "the gateway states no finish time"},
      {note_of(seen(failure(), core::BilledAt::first_seen)),
       "it states no submit time, and --time submit was given"},
      {note_of(success()), "no --prices was given"},
      {note_of(success(""), "m,second,,,0.9,CNY,,,,,,"), "the row needs what the answer lacks"},
      {note_of(success(), "m,label:clips,,,0.9,CNY,,,,,,"), "the row's unit is a label"},
      {note_of(success("4.2"), "m,second,,,0.9,CNY,,,,1,,"), "`round_up` of the row"},
      {note_of(success(), "m,second,,,0.9,CNY,,,10,,,"), "`minimum` of the row"},
      {note_of(success(), "m,second,,,0.9,CNY,,,,,10%,"), "`discount` of the row"},
      {note_of(success(), "m,second,,,0.9,CNY,,,,,,TEXT"), "`note` of the row"},
      {note_of(success(), "m,second,,,1,CNY,,,a,\nm,second,,,2,CNY,,,,b", "account,action"),
       "two rows are equally special"},
      {note_of(success(many), "m,second,,," + many + ",CNY,,,,,,"), "the numbers are too large"},
      {note_of(charged_elsewhere()), "the line of another account charges for the task"},
      {std::string(core::kReversalNote), "the line reverses another one; its note follows"}};
  for (const core::PriceGap gap :
       {core::PriceGap::no_model, core::PriceGap::no_row_for_model,
        core::PriceGap::no_row_for_conditions, core::PriceGap::no_row_for_resolution,
        core::PriceGap::generation_unknown, core::PriceGap::no_row_for_date}) {
    notes.push_back({std::string(core::describe(gap)), "no row of the price book fits"});
  }
  return notes;
}

}  // namespace packaging
