// A libFuzzer target for answers of a gateway (`cmake --preset fuzz`, then
// build/fuzz/tests/answer_fuzz -max_len=4096 NEW_FOLDER tests/data/fuzz_answers
// tests/data/answers). Its findings are added to tests/data/fuzz_answers, which a unit test
// replays.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/answer_failure.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string failure = support::answer_failure({reinterpret_cast<const char*>(data), size});
  if (!failure.empty()) {
    std::fprintf(stderr, "%s\n", failure.c_str());
    std::abort();
  }
  return 0;
}
