// The calls of --ping-url: at the start and at the end of a run.
#pragma once

#include <string>
#include <thread>

#include "cmd/log.h"

namespace cmd {

/// A monitor that does not answer is a warning, and changes nothing about the run. An empty URL:
/// nobody is called. One thread.
class MonitorCalls {
 public:
  MonitorCalls(std::string url, std::string ca_file, std::string user_agent, Log& log);
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

  std::string url_;
  std::string ca_file_;
  std::string user_agent_;
  Log& log_;
  std::thread starting_;
};

}  // namespace cmd
