// Which page answers which request.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/serve/counted_figures.h"
#include "cmd/serve/exchange.h"
#include "cmd/serve/gate.h"
#include "core/domain/task.h"

namespace cmd {

/// Any thread. Each request opens the ledger anew, so that one that was replaced, or a server that
/// was away, is met by the next.
class Site {
 public:
  /// Refers to settings and log, which must outlive it.
  Site(const Settings& settings, Gate gate, Log& log);

  /// Never throws but for want of memory: what goes wrong is a page, and a line in the log.
  [[nodiscard]] PageReply reply(const PageRequest& request);

 private:
  [[nodiscard]] PageReply page(const PageRequest& request);
  [[nodiscard]] PageReply now();
  [[nodiscard]] PageReply runs(const std::string& number) const;
  [[nodiscard]] std::vector<std::string> costs(const core::TaskKey& key) const;
  [[nodiscard]] PageReply task(const std::string& account, const std::string& id) const;
  [[nodiscard]] PageReply answer(const std::string& account, const std::string& rest) const;
  [[nodiscard]] PageReply video(const PageRequest& request, const std::string& account,
                                const std::string& rest) const;
  [[nodiscard]] PageReply gallery(const PageRequest& request) const;

  const Settings& settings_;
  Gate gate_;
  Log& log_;
  std::string ledger_;
  CountedFigures figures_;
};

}  // namespace cmd
