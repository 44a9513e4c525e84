#include "cmd/run/run_import.h"

#include <optional>
#include <string>

#include "cmd/cli/ledger_name.h"
#include "cmd/cli/units.h"
#include "cmd/run/run_settings.h"
#include "core/error.h"
#include "storage/postgres/ledger_url.h"
#include "storage/sqlite/rejection_memory.h"

namespace cmd {

bool RunImport::read_into(core::WorkList& work_list, const core::InputPatience& patience) {
  Summary& summary = outcome_.summary();
  work_list.begin_import({.refresh = settings_.flag("refresh"),
                          .relabel = settings_.flag("relabel"),
                          .on_disk = on_disk(settings_)});
  inputs_.set_patience(patience);
  const bool complete =
      read_inputs([&](const core::WantedTask& task,
                      std::size_t account) { work_list.add(task, static_cast<int>(account)); },
                  summary.run_id);
  const core::ImportOutcome rows = work_list.end_import();
  summary.duplicates = rows.duplicates;
  tell_label_differences(rows.label_differences, settings_.flag("relabel"));
  if (settings_.flag("pending")) {
    summary.stale_left_out = work_list.add_pending(0);
  }
  return complete;
}

// A signal or deadline ends it early: the engine then ends at once for the same reason.
bool RunImport::read_inputs(const RunInputs::Take& take, std::int64_t run) {
  // On a server each run reports them.
  std::optional<storage::RejectionMemory> rejections;
  if (!storage::is_postgres_url(ledger_path(settings_))) {
    rejections.emplace(ledger_path(settings_));
  }
  bool complete = true;
  try {
    inputs_.read(take, [&](const core::RejectedRow& row) {
      outcome_.add(row);
      return rejections && rejections->add(row.source, row.mark) && settings_.flag("quiet");
    });
  } catch (const core::Stopped&) {
    complete = false;
  }
  if (rejections) {
    rejections->keep(inputs_.sources(), run, complete);
  }
  return complete;
}

void RunImport::tell_label_differences(const core::LabelDifferences& differences, bool taken) {
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
