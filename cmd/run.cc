#include "cmd/run.h"

#include <exception>
#include <optional>

#include "cmd/cli/exit_code.h"
#include "cmd/run/dry_run.h"
#include "cmd/run/end_program.h"
#include "cmd/run/monitor_calls.h"
#include "cmd/run/run_inputs.h"
#include "cmd/run/run_outcome.h"
#include "cmd/run/run_session.h"
#include "cmd/run/run_settings.h"

namespace cmd {

ExitCode run(const Settings& settings, Log& log, std::ostream& out) {
  if (settings.flag("dry-run")) {
    RunInputs inputs(settings, log);
    return dry_run(settings, inputs, log, out);
  }
  const std::string ping_url = settings.given_text("ping-url").value_or("");
  // Without a URL nothing is called, and checking the certificates takes 20 ms.
  MonitorCalls monitor({.url = ping_url,
                        .ca_file = ping_url.empty() ? "" : ca_file(settings),
                        .proxy = proxies(settings).of(ping_url).url,
                        .user_agent = user_agent()},
                       log);
  const EndProgram end_program(settings, log);
  std::optional<RunInputs> inputs;
  try {
    inputs.emplace(settings, log);
  } catch (...) {
    const ExitCode code = failure_of(std::current_exception()).exit_code;
    monitor.end(code, false);
    end_program.call({.exit_code = code}, {}, -1, false);
    throw;
  }
  RunOutcome outcome(settings, log, out);
  return RunSession(settings, log, *inputs, {monitor, end_program}, outcome).execute();
}

}  // namespace cmd
