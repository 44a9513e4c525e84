// Raw answers for the eyes of a reader of pages.
#pragma once

#include <string>
#include <string_view>

namespace cmd {

/// The answer without links' signatures and keys. JSON gets line ends and blanks; its numbers stay
/// as they were sent. A long one is cut. May hold any byte.
[[nodiscard]] std::string masked_answer(std::string_view raw);

}  // namespace cmd
