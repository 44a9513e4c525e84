#include "storage/sqlite/relabelling.h"

#include <utility>

namespace storage {

void Relabelling::settle(const Known& known, const ImportBatch::Row& row, std::int64_t run,
                         bool take) {
  LabelMerge merge = merge_labels(known.model, known.labels, row, take);
  for (core::LabelDifference& difference : merge.differences) {
    keep(known.task, run, take, difference);
    note(differences_, std::move(difference));
  }
  relabel_.bind_or_null(1, merge.model);
  relabel_.bind_or_null(2, merge.labels);
  relabel_.bind(3, known.task);
  relabel_.run();
}

void Relabelling::keep(std::int64_t task, std::int64_t run, bool take,
                       const core::LabelDifference& difference) {
  keep_change_.bind(1, task);
  keep_change_.bind(2, run);
  keep_change_.bind(3, difference.name);
  keep_change_.bind(4, difference.ledger_value);
  keep_change_.bind(5, difference.list_value);
  keep_change_.bind(6, std::int64_t{take ? 1 : 0});
  keep_change_.run();
}

}  // namespace storage
