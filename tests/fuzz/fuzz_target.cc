// The body of every libFuzzer target; CMake names the property (`cmake --preset fuzz`, then
// build/fuzz/tests/list_fuzz -dict=tests/fuzz/list.dict NEW_FOLDER tests/data/fuzz_lists, or
// `tools/fuzz`). What a target finds is added to its folder in tests/data, which a unit test
// replays.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/input_failures.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string failure = support::FUZZ_PROPERTY({reinterpret_cast<const char*>(data), size});
  if (!failure.empty()) {
    std::fwrite(failure.data(), 1, failure.size(), stderr);  // it may hold NUL
    std::fputc('\n', stderr);
    std::abort();
  }
  return 0;
}
