// Manual pages (man(7) source) from the tables of commands and options.
#pragma once

#include <string>
#include <string_view>

#include "cmd/cli/commands.h"

namespace packaging {

/// The text in the header and footer of every page.
struct Release {
  std::string_view version;
  std::string_view date;  ///< ISO 8601
};

/// The name of a command's page: "reeltally-db-prune" for "db prune".
[[nodiscard]] std::string page_name(const cmd::CommandSpec& command);

/// reeltally(1).
[[nodiscard]] std::string program_page(const Release& release);
/// reeltally-COMMAND(1).
[[nodiscard]] std::string command_page(const cmd::CommandSpec& command, const Release& release);
/// reeltally-config(5): the configuration file.
[[nodiscard]] std::string config_page(const Release& release);

}  // namespace packaging
