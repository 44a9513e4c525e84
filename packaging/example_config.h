// The example configuration file from the table of options.
#pragma once

#include <string>

namespace packaging {

/// TOML that names every setting with its help and default, all commented out.
[[nodiscard]] std::string example_config();

}  // namespace packaging
