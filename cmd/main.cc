#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "cmd/audit.h"
#include "cmd/cli/environment.h"
#include "cmd/close.h"
#include "cmd/config.h"
#include "cmd/db.h"
#include "cmd/doctor.h"
#include "cmd/forecast.h"
#include "cmd/forget.h"
#include "cmd/import.h"
#include "cmd/os/process.h"
#include "cmd/prices.h"
#include "cmd/program.h"
#include "cmd/reconcile.h"
#include "cmd/report.h"
#include "cmd/run.h"
#include "cmd/runs.h"
#include "cmd/serve.h"
#include "cmd/serve/http_exchange.h"
#include "cmd/status.h"
#include "cmd/verify.h"
#include "core/http/curl_transport.h"
#include "storage/open_ledger.h"

namespace {

constexpr cmd::CommandEntry kCommands[]{
    {cmd::Command::run, cmd::run},
    {cmd::Command::status, cmd::status},
    {cmd::Command::runs, cmd::runs},
    {cmd::Command::report, cmd::report},
    {cmd::Command::close, cmd::close},
    {cmd::Command::audit, cmd::audit},
    {cmd::Command::reconcile, cmd::reconcile},
    {cmd::Command::forecast, cmd::forecast},
    {cmd::Command::verify, cmd::verify},
    {cmd::Command::doctor, cmd::doctor},
    {cmd::Command::serve, cmd::serve},
    {cmd::Command::forget, cmd::forget},
    {cmd::Command::db_migrate, cmd::db_migrate},
    {cmd::Command::db_check, cmd::db_check},
    {cmd::Command::db_backup, cmd::db_backup},
    {cmd::Command::db_copy, cmd::db_copy},
    {cmd::Command::db_prune, cmd::db_prune},
    {cmd::Command::config, cmd::run_config},
    {cmd::Command::prices_check, cmd::prices_check},
    {cmd::Command::import_tasks, cmd::import_tasks},
};

}  // namespace

int main(int argc, char** argv) {
  try {
    cmd::prepare_process();
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    const std::vector<cmd::LibraryVersion> libraries{{"libcurl", core::curl_version_text()},
                                                     {"SQLite", storage::back_end_version()},
                                                     {"cpp-httplib", cmd::httplib_version_text()}};
    return cmd::run_program({.commands = kCommands, .libraries = libraries}, arguments,
                            cmd::process_environment());
  } catch (const std::exception& error) {
    // Only failures before there is a log: no memory for argv, no /dev/null.
    std::fprintf(stderr, "reeltally: error: %s\n", error.what());
    return 1;
  }
}
