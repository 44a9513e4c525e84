// Which page answers which request.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "cmd/cli/settings.h"
#include "cmd/os/log.h"
#include "cmd/serve/exchange.h"
#include "cmd/serve/gate.h"
#include "cmd/serve/now_page.h"

namespace cmd {

/// Any thread. Each request opens the ledger anew, so that one that was replaced, or a server that
/// was away, is met by the next.
class Site {
 public:
  /// Refers to both, which must outlive it.
  Site(const Settings& settings, Gate gate, Log& log);

  /// Never throws but for want of memory: what goes wrong is a page, and a line in the log.
  [[nodiscard]] PageReply reply(const PageRequest& request);

 private:
  [[nodiscard]] PageReply page(const PageRequest& request);
  [[nodiscard]] PageReply now();
  [[nodiscard]] PageReply runs(const std::string& number) const;
  [[nodiscard]] PageReply task(const std::string& account, const std::string& id) const;
  [[nodiscard]] PageReply answer(const std::string& account, const std::string& rest) const;
  [[nodiscard]] PageReply video(const PageRequest& request, const std::string& account,
                                const std::string& rest) const;
  [[nodiscard]] PageReply gallery(const PageRequest& request) const;
  [[nodiscard]] std::shared_ptr<const NowFigures> figures(core::UtcTime now);

  const Settings& settings_;
  Gate gate_;
  Log& log_;
  std::string ledger_;
  std::mutex mutex_;
  std::shared_ptr<const NowFigures> figures_;  // under mutex_, like the next
  std::chrono::steady_clock::time_point figures_good_until_;
};

}  // namespace cmd
