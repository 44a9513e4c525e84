// Who may read the pages.
#pragma once

#include <optional>
#include <utility>

#include "cmd/cli/api_key.h"
#include "cmd/serve/exchange.h"

namespace cmd {

/// Any thread.
class Gate {
 public:
  /// Without a token the pages are for this machine alone: then the Host header must name it, so
  /// that no foreign page can have its own name looked up as 127.0.0.1 and read them.
  explicit Gate(std::optional<ApiKey> token) : token_(std::move(token)) {}

  /// The answer to a request that is not let in; none: it is.
  [[nodiscard]] std::optional<PageReply> refusal(const PageRequest& request) const;

 private:
  [[nodiscard]] bool has_token(const PageRequest& request) const;

  std::optional<ApiKey> token_;
};

}  // namespace cmd
