// What the parts of a run and of a report cost alone: `cmake --preset bench && cmake --build
// --preset bench`, then build/bench/tests/micro_bench. tools/bench measures the whole program.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/line_csv.h"
#include "core/billing/reports.h"
#include "core/gateway/api.h"
#include "core/text/csv.h"
#include "core/video/video_container.h"
#include "storage/sqlite/sqlite_ledger.h"
#include "tests/storage/entries.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_video.h"

namespace {

std::string name(std::int64_t number) { return "asyntask_" + std::to_string(10'000'000 + number); }

// An answer and its entry, without the ledger.
void answer_to_entry(benchmark::State& state) {
  const std::string body = entries::success(name(1));
  for (auto step : state) {
    benchmark::DoNotOptimize(entries::answered({.task = 1, .id = name(1), .body = body}));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(answer_to_entry);

void csv_row(benchmark::State& state) {
  constexpr std::int64_t kRows = 10'000;
  std::string text;
  for (std::int64_t row = 0; row < kRows; ++row) {
    text += name(row) + ",happyhorse-1.0,acme,\"a, b\"\n";
  }
  for (auto step : state) {
    core::CsvReader reader([rest = std::string_view(text)](char* buffer, std::size_t size) mutable {
      const std::size_t count = rest.copy(buffer, size);
      rest.remove_prefix(count);
      return count;
    });
    core::CsvRow row;
    while (reader.next(row)) {
      benchmark::DoNotOptimize(row);
    }
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(csv_row);

// First answers with a link, queued, committed and synced; `range` answers at a time.
void ledger_batch(benchmark::State& state) {
  const support::TempDir folder;
  const support::ManualClock clock;
  storage::TaskStore store(folder.path("ledger.db"), clock, false);
  store.begin_run({.version = "1", .host = "h", .inputs = {"-"}, .accounts = {"default"}});
  std::int64_t last = 0;
  storage::SqliteLedger ledger(store, [] {});
  for (auto step : state) {
    state.PauseTiming();
    std::vector<std::string> ids;
    for (std::int64_t i = 1; i <= state.range(0); ++i) {
      ids.push_back(name(last + i));
    }
    entries::import(store, ids);
    std::vector<core::AnswerEntry> batch;
    for (const std::string& id : ids) {
      batch.push_back(entries::answered({.task = ++last, .id = id, .body = entries::success(id)}));
      batch.back().is_first = true;
    }
    state.ResumeTiming();
    for (core::AnswerEntry& entry : batch) {
      ledger.append(std::move(entry));
    }
    ledger.flush();
  }
  state.SetItemsProcessed(last);
}
BENCHMARK(ledger_batch)
    ->Arg(64)
    ->Arg(500)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void report_line(benchmark::State& state) {
  const core::TimeZone zone("Europe/Berlin");
  core::FinishedTask task;
  task.task_id = name(1);
  task.succeeded = true;
  task.snapshot = 184;
  task.raw_sha256 = std::string(64, 'a');
  task.billed_at = entries::kNow;
  task.facts.model = "happyhorse-1.0";
  task.facts.resolution = "720p";
  task.facts.duration_seconds = "5.5";
  task.facts.video_count = "1";
  task.labels = {{"customer", "acme"}};
  std::string text =
      "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\nhappy*,second,,,0.9,CNY,,\n";
  const core::PriceBook prices = core::PriceBook::read(
      [rest = std::string_view(text)](char* buffer, std::size_t size) mutable {
        const std::size_t count = rest.copy(buffer, size);
        rest.remove_prefix(count);
        return count;
      },
      "prices.csv");
  const core::LineShape shape{.labels = {"customer"}, .schema_version = 13};
  std::string out;
  core::CsvRows rows(out, core::line_columns(shape), ',');
  for (auto step : state) {
    out.clear();
    for (const core::Charge& charge : core::charges_of(task, {.prices = &prices}, zone)) {
      core::write_line({.task = task, .charge = charge}, shape, zone, rows);
    }
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(report_line);

// A file of 4 MiB in pieces of 64 KiB; what a box contains is passed over.
void container_walk(benchmark::State& state) {
  const std::string video = support::tiny_mp4(std::size_t{4} << 20U);
  constexpr std::size_t kPiece = std::size_t{64} << 10U;
  for (auto step : state) {
    core::ContainerCheck check;
    for (std::string_view rest = video; !rest.empty();
         rest.remove_prefix(std::min(kPiece, rest.size()))) {
      check.update(rest.substr(0, kPiece));
    }
    benchmark::DoNotOptimize(check.finish());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(container_walk);

}  // namespace

BENCHMARK_MAIN();
