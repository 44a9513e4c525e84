// The calls of --ping-url: at the start and at the end of a run.
#pragma once

#include <string>
#include <thread>

#include "cmd/cli/exit_code.h"
#include "cmd/os/log.h"
#include "core/http/monitor_ping.h"

namespace cmd {

/// If the monitor does not answer, that is a warning; the run is not affected. With an empty URL
/// there are no calls. One thread.
class MonitorCalls {
 public:
  /// `ping.url` is the monitor's base URL; `ping.timeout` is set here for each call.
  MonitorCalls(core::MonitorPing ping, Log& log);
  ~MonitorCalls();
  MonitorCalls(const MonitorCalls&) = delete;
  MonitorCalls& operator=(const MonitorCalls&) = delete;

  /// Calls URL/start on a thread of its own.
  void start();
  /// Waits for the first call, if there was one, then calls URL/CODE. `hurry`: a signal has ended
  /// the run, so the call gets less time.
  void end(ExitCode code, bool hurry);

 private:
  void call(const std::string& what, bool hurry);

  core::MonitorPing ping_;
  Log& log_;
  std::thread starting_;
};

}  // namespace cmd
