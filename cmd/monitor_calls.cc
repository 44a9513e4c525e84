#include "cmd/monitor_calls.h"

#include <chrono>
#include <utility>

#include "core/monitor_ping.h"

namespace cmd {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
// The start delays no end, and a signal is followed by the end within 5 s.
constexpr std::chrono::milliseconds kShortPatience{1'500};

}  // namespace

MonitorCalls::MonitorCalls(std::string url, std::string ca_file, std::string user_agent, Log& log)
    : url_(std::move(url)),
      ca_file_(std::move(ca_file)),
      user_agent_(std::move(user_agent)),
      log_(log) {}

MonitorCalls::~MonitorCalls() {
  if (starting_.joinable()) {
    starting_.join();
  }
}

void MonitorCalls::start() {
  if (!url_.empty()) {
    starting_ = std::thread([this] { call("start", true); });
  }
}

void MonitorCalls::end(int code, bool hurry) {
  if (url_.empty()) {
    return;
  }
  if (starting_.joinable()) {
    starting_.join();
  }
  call(std::to_string(code), hurry);
}

void MonitorCalls::call(const std::string& what, bool hurry) {
  const std::string trouble = core::send_ping({.url = core::ping_url(url_, what),
                                               .ca_file = ca_file_,
                                               .user_agent = user_agent_,
                                               .timeout = hurry ? kShortPatience : kPatience});
  if (!trouble.empty()) {
    log_.warning("the monitor of --ping-url did not take /" + what + ": " + trouble);
  }
}

}  // namespace cmd
