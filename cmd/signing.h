// Has a program sign the head of the chain of closed periods (--sign-with).
#pragma once

#include <functional>
#include <string>

#include "cmd/cli/settings.h"

namespace cmd {

/// Returns the signature of a head. Throws core::Error that names the program, and says what is
/// wrong, if there is none.
using Signer = std::function<std::string(const std::string& head)>;

/// Null without --sign-with. Throws core::UsageError if its program cannot be run.
[[nodiscard]] Signer signer(const Settings& settings);

}  // namespace cmd
