#include "storage/sqlite/relabelling.h"

#include <algorithm>
#include <utility>

#include "storage/answers/json_text.h"

namespace storage {

// If a list has only some of the columns, in the ledger's order, its text is a part of the
// ledger's.
bool says_nothing_new(const ImportBatch::Row& row, std::string_view model,
                      std::string_view labels) {
  if (!row.model.empty() && row.model != model) {
    return false;
  }
  if (row.labels.empty() || row.labels == labels) {
    return true;
  }
  const std::string_view inside = row.labels.substr(1, row.labels.size() - 2);
  const std::size_t found = labels.find(inside);
  if (found == std::string_view::npos || found == 0) {
    return false;
  }
  const char before = labels[found - 1];
  return before == '{' || before == ',';
}

void Relabelling::settle(const Known& known, const ImportBatch::Row& row, std::int64_t run,
                         bool take) {
  const std::string id(row.id);
  std::string model(row.model);
  if (!known.model.empty() && !model.empty() && model != known.model) {
    note(known.task, run, take, {id, "model", known.model, model});
    model = take ? model : std::string();
  }
  core::Labels labels = read_labels(known.labels);
  bool changed = false;
  for (const auto& label : read_labels(row.labels)) {
    const auto& [name, value] = label;
    const auto there = std::find_if(labels.begin(), labels.end(),
                                    [&](const auto& one) { return one.first == label.first; });
    if (there == labels.end()) {
      labels.emplace_back(name, value);
      changed = true;
    } else if (there->second != value) {
      note(known.task, run, take, {id, name, there->second, value});
      changed = changed || take;
      there->second = take ? value : there->second;
    }
  }
  std::string json;
  if (changed) {
    append_json_object(json, labels);
  }
  relabel_.bind_or_null(1, model);
  relabel_.bind_or_null(2, json);
  relabel_.bind(3, known.task);
  relabel_.run();
}

void Relabelling::note(std::int64_t task, std::int64_t run, bool take,
                       core::LabelDifference difference) {
  keep_.bind(1, task);
  keep_.bind(2, run);
  keep_.bind(3, difference.name);
  keep_.bind(4, difference.ledger_value);
  keep_.bind(5, difference.list_value);
  keep_.bind(6, std::int64_t{take ? 1 : 0});
  keep_.run();
  ++differences_.count;
  if (differences_.named.size() < core::LabelDifferences::kNamedMax) {
    differences_.named.push_back(std::move(difference));
  }
}

}  // namespace storage
