#include "cmd/run/run_import.h"

#include <string>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/run/run_settings.h"
#include "core/clock.h"
#include "core/error.h"
#include "storage/postgres/ledger_url.h"

namespace cmd {

RunImport::RunImport(const Settings& settings, Log& log, RunInputs& inputs, RunOutcome& outcome,
                     const core::InputPatience& patience)
    : settings_(settings), log_(log), inputs_(inputs), outcome_(outcome) {
  inputs_.set_patience(patience);
  if (!storage::is_postgres_url(ledger_path(settings_))) {
    rejections_.emplace(ledger_path(settings_));
  }
}

storage::ImportTime RunImport::time(const storage::RunWork& work) const {
  // Answers of the gateway's list are about tasks that the work list has.
  const bool beside = work.may_import_beside() && inputs_.are_files() && !settings_.flag("by-list");
  return beside ? storage::ImportTime::beside : storage::ImportTime::before;
}

void RunImport::read(core::WorkList& work_list) {
  work_list.begin_import({.refresh = settings_.flag("refresh"),
                          .relabel = settings_.flag("relabel"),
                          .on_disk = on_disk(settings_)});
  read_inputs([&](const core::WantedTask& task, std::size_t account) {
    work_list.add(task, static_cast<int>(account));
  });
  imported_ = work_list.end_import();
  if (settings_.flag("pending")) {
    stale_left_out_ = work_list.add_pending(0);
  }
  totals_.videos = work_list.videos_to_fetch();
  totals_.tasks = work_list.tasks_to_ask();
  totals_.known = true;
  if (settings_.flag("by-list")) {
    const core::UtcTime since = core::SystemClock().utc() - settings_.duration("since");
    for (std::size_t i = 0; i < inputs_.accounts().size(); ++i) {
      listable_.push_back(work_list.tasks_to_ask(static_cast<int>(i), since));
    }
  }
}

std::jthread RunImport::read_beside(storage::RunWork& work, storage::QueuedLedger& ledger) {
  beside_ = true;
  return std::jthread([this, &work, &ledger] {
    try {
      read(work);
    } catch (const std::exception& failure) {
      end_early(failure.what());
    }
    ledger.end_import();
  });
}

// A signal or deadline ends it early: the engine then ends at once for the same reason.
void RunImport::read_inputs(const RunInputs::Take& take) {
  try {
    inputs_.read(take, [&](const core::RejectedRow& row) {
      outcome_.add(row);
      return rejections_ && rejections_->add(row.source, row.mark) && settings_.flag("quiet");
    });
  } catch (const core::Stopped&) {
    complete_ = false;
  } catch (const core::ListUnreadable& failure) {
    end_early(failure.what());
  } catch (const core::Refused& failure) {
    if (inputs_.files().empty() && !settings_.flag("pending")) {
      throw;  // there is nothing else to work on
    }
    end_early(failure.what());
  } catch (const core::UsageError& failure) {
    if (!beside_) {
      throw;  // nothing was queried yet
    }
    end_early(failure.what());
  }
}

// The run works on what was read, and then fails.
void RunImport::end_early(const std::string& why) {
  complete_ = false;
  failure_ = why;
}

bool RunImport::finish() {
  Summary& summary = outcome_.summary();
  if (rejections_) {
    rejections_->keep(inputs_.sources(), summary.run_id, complete_);
  }
  summary.duplicates = imported_.duplicates;
  summary.stale_left_out = stale_left_out_;
  tell_label_differences();
  return complete_;
}

void RunImport::tell_label_differences() const {
  const core::LabelDifferences& differences = imported_.label_differences;
  const bool taken = settings_.flag("relabel");
  outcome_.summary().labels_differ = differences.count;
  if (differences.count == 0) {
    return;
  }
  std::string examples;
  for (const core::LabelDifference& one : differences.named) {
    examples += (examples.empty() ? "" : "; ") + one.task_id + ": " + one.name + " is \"" +
                one.ledger_value + "\", the list says \"" + one.list_value + "\"";
  }
  if (differences.count > differences.named.size()) {
    examples += "; and " + std::to_string(differences.count - differences.named.size()) + " more";
  }
  log_.warning("lists have other values than the ledger for " +
               format_count(differences.count, "label") + "; the ledger's value " +
               (taken ? "is replaced (--relabel): " : "stays (--relabel stores the list's): ") +
               examples);
}

}  // namespace cmd
