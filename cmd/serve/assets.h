// The files that the pages of `serve` load: style, script, icon.
#pragma once

#include <optional>
#include <string_view>

#include "cmd/serve/exchange.h"

namespace cmd {

/// None if there is no such file.
[[nodiscard]] std::optional<PageReply> asset_reply(std::string_view path);

}  // namespace cmd
