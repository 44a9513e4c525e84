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
    {ExitCode::fatal, "fatal: could not continue; finished work is recorded"},
    {ExitCode::wrong_usage, "wrong usage: option, configuration or unreadable input"},
    {ExitCode::partly,
     "partial success: something was rejected, not answered, not downloaded, or differs"},
    {ExitCode::unfinished, "ended while tasks were unfinished or not queried"},
    {ExitCode::no_ledger, "no ledger at that path, or one that this version cannot read"},
    {ExitCode::ledger_busy, "another run uses the ledger"},
    {ExitCode::key_rejected, "the gateway rejects the API key or user token"},
    {ExitCode::interrupted, "stopped by SIGINT"},
    {ExitCode::terminated, "stopped by SIGTERM"},
}};

// EAGAIN from thread creation is a resource limit; all else is a bug.
std::string unforeseen(const std::exception& error) {
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  if (system != nullptr && system->code() == std::errc::resource_unavailable_try_again) {
    return std::string("out of memory or of threads: ") + error.what() +
           "; finished work is recorded: run again with higher limits (ulimit -v, -u)";
  }
  return std::string("unexpected failure: ") + error.what() +
         "; finished work is recorded. Please report this";
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
  } catch (const core::Refused& error) {
    return {.exit_code = ExitCode::key_rejected, .message = error.what()};
  } catch (const core::Error& error) {
    return {.exit_code = ExitCode::fatal, .message = error.what()};
  } catch (const std::bad_alloc&) {
    return {.exit_code = ExitCode::fatal,
            .message =
                "out of memory; finished work is recorded: run again, with a lower "
                "--concurrency or more memory"};
  } catch (const std::exception& error) {
    return {.exit_code = ExitCode::fatal, .message = unforeseen(error)};
  } catch (...) {
    return {.exit_code = ExitCode::fatal, .message = "unexpected failure of an unknown kind"};
  }
}

}  // namespace cmd
