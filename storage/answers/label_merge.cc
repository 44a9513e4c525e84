#include "storage/answers/label_merge.h"

#include <algorithm>
#include <utility>

#include "storage/answers/json_text.h"

namespace storage {

// A list with some of the columns, in the ledger's order, has a part of its text.
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

LabelMerge merge_labels(std::string_view model, std::string_view labels,
                        const ImportBatch::Row& row, bool take) {
  const std::string id(row.id);
  LabelMerge merge{.model = std::string(row.model), .labels = {}, .differences = {}};
  if (!model.empty() && !merge.model.empty() && merge.model != model) {
    merge.differences.push_back({id, "model", std::string(model), merge.model});
    merge.model = take ? merge.model : std::string();
  }
  core::Labels all = read_labels(labels);
  bool changed = false;
  for (const auto& label : read_labels(row.labels)) {
    const auto& [name, value] = label;
    const auto there = std::find_if(all.begin(), all.end(),
                                    [&](const auto& one) { return one.first == label.first; });
    if (there == all.end()) {
      all.emplace_back(name, value);
      changed = true;
    } else if (there->second != value) {
      merge.differences.push_back({id, name, there->second, value});
      changed = changed || take;
      there->second = take ? value : there->second;
    }
  }
  if (changed) {
    append_json_object(merge.labels, all);
  }
  return merge;
}

void note(core::LabelDifferences& differences, core::LabelDifference one) {
  ++differences.count;
  if (differences.named.size() < core::LabelDifferences::kNamedMax) {
    differences.named.push_back(std::move(one));
  }
}

void note_all(core::LabelDifferences& differences, const core::LabelDifferences& more) {
  for (const core::LabelDifference& one : more.named) {
    note(differences, one);
  }
  differences.count += more.count - more.named.size();
}

}  // namespace storage
