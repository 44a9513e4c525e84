// JSON as the ledger's columns hold it: written straight where no escape is needed, which is nearly
// always.
#pragma once

#include <string>
#include <string_view>

#include "core/task.h"

namespace storage {

/// Appends a JSON string; bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& json, std::string_view text);

/// Appends a JSON object with the labels in their order; of two with one name the last one counts.
void append_json_object(std::string& json, const core::Labels& labels);

/// The labels of such an object; none for an empty text. Throws core::Error for a damaged one.
[[nodiscard]] core::Labels read_labels(std::string_view json);

}  // namespace storage
