// docs/reference.md: every name that people and programs meet.
#pragma once

#include <string>

namespace packaging {

/// Made from the tables and functions that the program itself uses.
[[nodiscard]] std::string reference_page();

}  // namespace packaging
