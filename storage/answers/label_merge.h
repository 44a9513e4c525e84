// What a later list says of a task's labels, beside what the ledger has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ledger/work_list.h"
#include "storage/answers/import_batch.h"

namespace storage {

/// Whether everything that a row of a list says of its task is what the ledger has; may be false
/// though it is. Cheap.
[[nodiscard]] bool says_nothing_new(const ImportBatch::Row& row, std::string_view model,
                                    std::string_view labels);

/// What becomes of a task's labels.
struct LabelMerge {
  std::string model;   ///< from lists; empty: stays
  std::string labels;  ///< a JSON object; empty: stays
  std::vector<core::LabelDifference> differences;
};

/// Adds the labels that a known task lacks. A different value is a difference, and becomes the
/// task's only where the list's values are taken. `model` and `labels` are the ledger's.
[[nodiscard]] LabelMerge merge_labels(std::string_view model, std::string_view labels,
                                      const ImportBatch::Row& row, bool take);

/// Counts a difference, and keeps it if it is one of the first.
void note(core::LabelDifferences& differences, core::LabelDifference one);
/// The same of those that were counted apart.
void note_all(core::LabelDifferences& differences, const core::LabelDifferences& more);

}  // namespace storage
