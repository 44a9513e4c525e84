// The values of --delimiter.
#pragma once

#include <string>

namespace cmd {

/// For lists that are read: any one character that CSV has no other use for, or `tab`. Throws
/// core::UsageError.
[[nodiscard]] char list_delimiter(const std::string& text);

/// For reports: one of `,` `;` `|` or `tab`. Throws core::UsageError.
[[nodiscard]] char report_delimiter(const std::string& text);

}  // namespace cmd
