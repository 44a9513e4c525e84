#include "cmd/cli/exit_code.h"

#include <array>
#include <new>
#include <string>
#include <system_error>

#include "core/error.h"
#include "storage/ledger_error.h"

namespace cmd {
namespace {

constexpr std::array<ExitMeaning, 10> kMeanings{{
    {ExitCode::ok, "all done"},
    {ExitCode::fatal, "fatal: could not go on; what was done is recorded"},
    {ExitCode::wrong_usage, "wrong usage: option, configuration or unreadable input"},
    {ExitCode::partly, "partly: something was rejected, not answered, not fetched or differs"},
    {ExitCode::unfinished, "ended with unfinished or unasked tasks"},
    {ExitCode::no_ledger, "no ledger there, or one that this version cannot read"},
    {ExitCode::ledger_busy, "another run holds the ledger"},
    {ExitCode::key_rejected, "the gateway rejects the API key"},
    {ExitCode::interrupted, "stopped by SIGINT"},
    {ExitCode::terminated, "stopped by SIGTERM"},
}};

// EAGAIN from thread creation is a resource limit; all else is a bug.
std::string unforeseen(const std::exception& error) {
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  if (system != nullptr && system->code() == std::errc::resource_unavailable_try_again) {
    return std::string("out of memory or of threads: ") + error.what() +
           "; what was done is recorded: run again with more of both (ulimit -v, -u)";
  }
  return std::string("unexpected failure: ") + error.what() +
         "; what was done is recorded. Please report this";
}

}  // namespace

std::span<const ExitMeaning> exit_meanings() { return kMeanings; }

Failure failure_of(const std::exception_ptr& exception) {
  // Every exception that ends the program; a derived type before its base.
  try {
    std::rethrow_exception(exception);
  } catch (const core::UsageError& error) {
    return {.exit_code = ExitCode::wrong_usage, .message = error.what()};
  } catch (const storage::LedgerUnreadable& error) {
    return {.exit_code = ExitCode::no_ledger, .message = error.what()};
  } catch (const storage::LedgerBusy& error) {
    return {.exit_code = ExitCode::ledger_busy, .message = error.what()};
  } catch (const core::Stopped& stopped) {
    return {.exit_code = ExitCode::unfinished,
            .message = stopped.what()};  // by a deadline: signals are caught
  } catch (const core::Error& error) {
    return {.exit_code = ExitCode::fatal, .message = error.what()};
  } catch (const std::bad_alloc&) {
    return {.exit_code = ExitCode::fatal,
            .message =
                "out of memory; what was done is recorded: run again, with a lower "
                "--concurrency or more memory"};
  } catch (const std::exception& error) {
    return {.exit_code = ExitCode::fatal, .message = unforeseen(error)};
  } catch (...) {
    return {.exit_code = ExitCode::fatal, .message = "unexpected failure of an unknown kind"};
  }
}

}  // namespace cmd
