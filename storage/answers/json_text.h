// JSON for the ledger's columns: written directly if no escape is needed, which is nearly always.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/domain/task.h"
#include "storage/answers/text_hash.h"

namespace storage {

/// Appends a JSON string; invalid UTF-8 bytes become U+FFFD.
void append_json_string(std::string& json, std::string_view text);

/// Appends a JSON object with the labels in their order; of two labels with one name the last
/// counts.
void append_json_object(std::string& json, const core::Labels& labels);

/// Appends a JSON array of the metrics' names, or of their values.
void append_json_array(std::string& json, const std::vector<core::UsageMetric>& usage,
                       std::string core::UsageMetric::*member);
/// The same alone.
[[nodiscard]] std::string json_array(const std::vector<core::UsageMetric>& usage,
                                     std::string core::UsageMetric::*member);

[[nodiscard]] std::string json_array(const std::vector<std::string>& texts);

/// The labels of such an object; none for an empty text. Throws core::Error if it is damaged.
[[nodiscard]] core::Labels read_labels(std::string_view json);

/// read_labels for many tasks, most of which have the same labels as an earlier one.
class LabelReader {
 public:
  /// Valid until the next call.
  [[nodiscard]] const core::Labels& read(std::string_view json);

 private:
  static constexpr std::size_t kKnownMax = 1024;
  TextTable<core::Labels> known_;
};

}  // namespace storage
