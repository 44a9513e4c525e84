#include "cmd/signing.h"

#include <chrono>
#include <cstddef>

#include "cmd/os/filter_program.h"
#include "cmd/run/run_settings.h"
#include "core/error.h"

namespace cmd {
namespace {

constexpr std::chrono::minutes kSigningMax{10};  // a person may look for a token
constexpr std::size_t kSignatureBytesMax = std::size_t{64} * 1024;

}  // namespace

Signer signer(const Settings& settings) {
  const auto program = settings.given_text("sign-with");
  if (!program) {
    return nullptr;
  }
  return [path = found_program(settings, "sign-with", *program),
          environment = without_keys(settings)](const std::string& head) {
    const auto fail = [&path](const std::string& why) {
      throw core::Error("--sign-with " + path + ": " + why +
                        "; no signature is kept, and a period that was open stays open: mend the "
                        "program, or leave the option out");
    };
    std::string signature;
    try {
      signature = run_filter({.path = path,
                              .environment = environment,
                              .input = head + '\n',
                              .timeout = kSigningMax,
                              .output_bytes_max = kSignatureBytesMax});
    } catch (const core::Error& failure) {
      fail(failure.what());
    }
    if (signature.empty()) {
      fail("it printed nothing");
    }
    return signature;
  };
}

}  // namespace cmd
