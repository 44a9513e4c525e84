// The calls of --ping-url: at the start and at the end of a run.
#pragma once

#include <string>
#include <thread>

#include "cmd/os/log.h"
#include "core/http/monitor_ping.h"

namespace cmd {

/// A monitor that does not answer is a warning, and changes nothing about the run. An empty URL:
/// nobody is called. One thread.
class MonitorCalls {
 public:
  /// `ping`: its URL is the monitor's own; the time for a call is chosen here.
  MonitorCalls(core::MonitorPing ping, Log& log);
  ~MonitorCalls();
  MonitorCalls(const MonitorCalls&) = delete;
  MonitorCalls& operator=(const MonitorCalls&) = delete;

  /// Calls URL/start beside the run.
  void start();
  /// Calls URL/CODE, after the first call, if there was one, is over. `hurry`: the run was told to
  /// end.
  void end(int code, bool hurry);

 private:
  void call(const std::string& what, bool hurry);

  core::MonitorPing ping_;
  Log& log_;
  std::thread starting_;
};

}  // namespace cmd
