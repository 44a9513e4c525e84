// Base64 (RFC 4648). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace core {

/// With padding, without line ends.
[[nodiscard]] std::string base64(std::string_view bytes);
/// The bytes before the first character that is none of the alphabet.
[[nodiscard]] std::string from_base64(std::string_view text);

}  // namespace core
