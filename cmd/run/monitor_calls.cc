#include "cmd/run/monitor_calls.h"

#include <chrono>
#include <utility>

namespace cmd {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
// The first call must not delay the end, and after a signal the process ends within 5 s.
constexpr std::chrono::milliseconds kShortPatience{1'500};

}  // namespace

MonitorCalls::MonitorCalls(core::MonitorPing ping, Log& log) : ping_(std::move(ping)), log_(log) {}

MonitorCalls::~MonitorCalls() {
  if (starting_.joinable()) {
    starting_.join();
  }
}

void MonitorCalls::start() {
  if (!ping_.url.empty()) {
    starting_ = std::thread([this] { call("start", true); });
  }
}

void MonitorCalls::end(ExitCode code, bool hurry) {
  if (ping_.url.empty()) {
    return;
  }
  if (starting_.joinable()) {
    starting_.join();
  }
  call(std::to_string(exit_number(code)), hurry);
}

void MonitorCalls::call(const std::string& what, bool hurry) {
  core::MonitorPing ping = ping_;
  ping.url = core::ping_url(ping_.url, what);
  ping.timeout = hurry ? kShortPatience : kPatience;
  const std::string failure = core::send_ping(ping);
  if (!failure.empty()) {
    log_.warning("the monitor of --ping-url did not accept /" + what + ": " + failure);
  }
}

}  // namespace cmd
