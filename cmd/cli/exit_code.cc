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
    {ok, "all done"},
    {fatal, "fatal: could not go on; what was done is recorded"},
    {wrong_usage, "wrong usage: option, configuration or unreadable input"},
    {partly, "partly: something was rejected, not answered, not fetched or differs"},
    {unfinished, "ended with unfinished or unasked tasks"},
    {no_ledger, "no ledger there, or one that this version cannot read"},
    {ledger_busy, "another run holds the ledger"},
    {key_rejected, "the gateway rejects the API key"},
    {interrupted, "stopped by SIGINT"},
    {terminated, "stopped by SIGTERM"},
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
  // Every exception that ends the program. A derived type stands before its base.
  try {
    std::rethrow_exception(exception);
  } catch (const core::UsageError& error) {
    return {.exit_code = wrong_usage, .message = error.what()};
  } catch (const storage::LedgerUnreadable& error) {
    return {.exit_code = no_ledger, .message = error.what()};
  } catch (const storage::LedgerBusy& error) {
    return {.exit_code = ledger_busy, .message = error.what()};
  } catch (const core::Stopped& stopped) {
    return {.exit_code = unfinished,
            .message = stopped.what()};  // by a deadline: signals are caught
  } catch (const core::Error& error) {
    return {.exit_code = fatal, .message = error.what()};
  } catch (const std::bad_alloc&) {
    return {.exit_code = fatal,
            .message =
                "out of memory; what was done is recorded: run again, with a lower "
                "--concurrency or more memory"};
  } catch (const std::exception& error) {
    return {.exit_code = fatal, .message = unforeseen(error)};
  } catch (...) {
    return {.exit_code = fatal, .message = "unexpected failure of an unknown kind"};
  }
}

}  // namespace cmd
