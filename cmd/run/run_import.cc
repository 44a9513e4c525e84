#include "cmd/run/run_import.h"

#include <string>
#include <vector>

#include "cmd/cli/units.h"
#include "cmd/run/run_settings.h"
#include "core/error.h"
#include "storage/sqlite/rejection_memory.h"

namespace cmd {

bool RunImport::read_into(storage::TaskStore& store, const core::InputPatience& patience) {
  Summary& summary = outcome_.summary();
  storage::ImportRules rules;
  rules.refresh = settings_.flag("refresh");
  rules.relabel = settings_.flag("relabel");
  rules.on_disk = on_disk(settings_);
  // For each account two: of the rows that leave the account to us, and of those that name it.
  std::vector<storage::ImportBatch> batches(2 * inputs_.accounts().size());
  const auto import_batch = [&](std::size_t index) {
    rules.account = static_cast<int>(index / 2);
    rules.account_named = index % 2 == 1;
    summary.duplicates += store.import(batches[index], rules);
    batches[index].clear();
  };
  inputs_.set_patience(patience);
  const bool complete = read_inputs(
      [&](const core::WantedTask& task, std::size_t account) {
        const std::size_t index = 2 * account + (task.account.empty() ? 0 : 1);
        batches[index].add(task);
        if (batches[index].full()) {
          import_batch(index);
        }
      },
      store.run());
  for (std::size_t index = 0; index < batches.size(); ++index) {
    import_batch(index);
  }
  tell_label_differences(store.label_differences(), rules.relabel);
  if (settings_.flag("pending")) {
    summary.stale_left_out = store.add_pending(0);
  }
  return complete;
}

// A signal or deadline ends it early: the engine then finds the same reason at once.
bool RunImport::read_inputs(const RunInputs::Take& take, std::int64_t run) {
  storage::RejectionMemory rejections(settings_.ledger_path());
  bool complete = true;
  try {
    inputs_.read(take, [&](const core::RejectedRow& row) {
      outcome_.add(row);
      return rejections.add(row.source, row.mark) && settings_.flag("quiet");
    });
  } catch (const core::Stopped&) {
    complete = false;
  }
  rejections.keep(inputs_.sources(), run, complete);
  return complete;
}

void RunImport::tell_label_differences(const storage::LabelDifferences& differences, bool taken) {
  outcome_.summary().labels_differ = differences.count;
  if (differences.count == 0) {
    return;
  }
  std::string examples;
  for (const storage::LabelDifference& one : differences.named) {
    examples += (examples.empty() ? "" : "; ") + one.task_id + ": " + one.name + " is \"" +
                one.ledger_value + "\", the list says \"" + one.list_value + "\"";
  }
  if (differences.count > differences.named.size()) {
    examples += "; and " + std::to_string(differences.count - differences.named.size()) + " more";
  }
  log_.warning("lists say another value of " + format_count(differences.count, "label") +
               " than the ledger, whose value " +
               (taken ? "is replaced (--relabel): " : "stands (--relabel takes the list's): ") +
               examples);
}

}  // namespace cmd
