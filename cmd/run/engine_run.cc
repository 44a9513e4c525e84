#include "cmd/run/engine_run.h"

#include <utility>

#include "cmd/cli/units.h"
#include "cmd/run/error_words.h"
#include "cmd/run/run_settings.h"
#include "core/engine/engine.h"

namespace cmd {
namespace {

// Too little free space is not a failure of the disk: queries continue, and the next run downloads
// the rest.
std::optional<std::string> lack_of_space(const core::VideoStore& videos, const std::string& folder,
                                         std::int64_t bytes_min) {
  const auto free_bytes = bytes_min <= 0 ? std::nullopt : videos.free_bytes();
  if (!free_bytes || *free_bytes >= bytes_min) {
    return std::nullopt;
  }
  return "only " + format_size(*free_bytes) + " free for " + folder + ", --min-free is " +
         format_size(bytes_min);
}

}  // namespace

core::RunPlan EngineRun::plan(const storage::RunWork& store, const Work& work) const {
  core::RunPlan plan = plan_of(settings_, store.run());
  if (work.deadline) {
    plan.deadline = *work.deadline;
  }
  plan.tell_requests = log_.wants(LogLevel::request);
  plan.concurrency = work.transport.concurrency;
  plan.download_concurrency = work.transport.download_concurrency;
  return plan;
}

core::RunResult EngineRun::drive(storage::RunWork& store, RunImport& import, Work work,
                                 VideoHooks& hooks) {
  const storage::ImportTime lists = import.time(store);
  if (lists == storage::ImportTime::before) {
    import.read(store);
  }
  core::RunPlan run_plan = plan(store, work);
  // The publisher's threads use the ledger, and the ledger's thread wakes the transport: each is
  // created before the threads that use it, and outlives them.
  std::unique_ptr<storage::QueuedLedger> ledger;
  const std::unique_ptr<core::VideoStore> video_store =
      work.output.videos([&ledger](const std::string& path) { return ledger->claimed(path); });
  run_plan.download_hindrance = [this, &video_store, &work] {
    return lack_of_space(*video_store, work.output.arrival_folder(), settings_.size("min-free"));
  };
  core::CurlTransport transport(std::move(work.transport));
  ledger = store.open_ledger([&transport] { transport.wake(); }, lists);
  interrupt_.wake_with([&transport] { transport.wake(); });
  core::Engine engine(std::move(run_plan), work.names, work.account_names,
                      {*ledger, transport, *video_store, clock_, interrupt_.level()},
                      [this](const core::Notice& notice) {
                        if (notice.kind == core::Notice::Kind::stopped) {
                          stopped_ = notice.text;
                        }
                        outcome_.add(notice);
                      });
  LiveProgress progress(settings_, log_, interrupt_, clock_,
                        {.tally = engine.tally(),
                         .bytes_received = [&transport] { return transport.bytes_received(); },
                         .downloads = engine.downloads(),
                         .in_flight = [&transport] { return transport.downloads(); },
                         .note = [this, &engine] { return what_hinders(engine); },
                         .totals = import.totals(),
                         .fetches = !settings_.flag("no-download"),
                         .waits = settings_.flag("wait")});
  engine.on_published(
      [&](const core::WantedVideo& video, const core::SavedFile& file, core::Ticket ticket) {
        saved_.push_back({ticket, video.id.text() + ": " + file.path});
        hooks.published(video, work.account_names.at(static_cast<std::size_t>(video.account)), file,
                        ticket);
      });
  engine.on_turn(
      [&] {
        progress.turn();
        if (!saved_.empty()) {
          tell_saved(ledger->committed());
        }
        if (hooks.wanted()) {
          hooks.committed(ledger->committed());
        }
      },
      progress.interval());
  const std::jthread importing =
      lists == storage::ImportTime::beside ? import.read_beside(store, *ledger) : std::jthread();
  core::RunResult result;
  try {
    result = work_through(engine, work.lists, import, progress);
  } catch (...) {
    interrupt_.wake_with({});
    ledger->stop();  // its writer wakes the transport, which is destroyed first
    transport.abort();
    keep_tally(engine, work.lists);
    throw;
  }
  interrupt_.wake_with({});
  ledger->stop();
  tell_saved(ledger->committed());
  hooks.committed(ledger->committed());
  keep_tally(engine, work.lists);
  log_.detail("connections opened: " + std::to_string(transport.connections_opened()));
  return result;
}

void EngineRun::keep_tally(const core::Engine& engine, const ListPass* lists) {
  core::RunTally& tally = outcome_.summary().tally;
  tally = engine.tally();
  if (lists != nullptr) {
    tally.requests += lists->requests_in_vain();
    tally.retries += lists->retries();
  }
}

// A list that could not be read as an input is not read again.
core::RunResult EngineRun::work_through(core::Engine& engine, ListPass* lists,
                                        const RunImport& import, LiveProgress& progress) {
  if (lists != nullptr && import.failure().empty()) {
    lists->run(engine, import.listable(), [&progress] { progress.turn(); });
  }
  return engine.run();
}

std::string EngineRun::what_hinders(const core::Engine& engine) const {
  if (interrupt_.level() > 0) {
    return "stopping: no new work begins, running work is recorded";
  }
  if (!stopped_.empty()) {
    return stopped_;
  }
  std::string kinds;
  for (const auto& [kind, number] : engine.in_vain()) {
    kinds.append(kinds.empty() ? "gateway: " : ", ").append(error_words(kind));
    kinds.append(" (" + std::to_string(number) + ")");
  }
  return kinds;
}

// Only durable results are reported.
void EngineRun::tell_saved(core::Ticket committed) {
  while (!saved_.empty() && saved_.front().ticket <= committed) {
    log_.detail(saved_.front().line);
    saved_.pop_front();
  }
}

}  // namespace cmd
