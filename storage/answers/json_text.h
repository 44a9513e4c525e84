// JSON as the ledger's columns hold it: written straight where no escape is needed, which is nearly
// always.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"
#include "storage/answers/text_hash.h"

namespace storage {

/// Appends a JSON string; bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& json, std::string_view text);

/// Appends a JSON object with the labels in their order; of two with one name the last one counts.
void append_json_object(std::string& json, const core::Labels& labels);

/// An array of the metrics' names, or of their values.
[[nodiscard]] std::string json_array(const std::vector<core::UsageMetric>& usage,
                                     std::string core::UsageMetric::*member);

/// The labels of such an object; none for an empty text. Throws core::Error for a damaged one.
[[nodiscard]] core::Labels read_labels(std::string_view json);

/// read_labels for many tasks of which most have the labels of another one.
class LabelReader {
 public:
  /// Valid until the next call.
  [[nodiscard]] const core::Labels& read(std::string_view json);

 private:
  static constexpr std::size_t kKnownMax = 1024;
  TextTable<core::Labels> known_;
};

}  // namespace storage
