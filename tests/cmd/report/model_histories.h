// Plays random histories of bills against a program and an oracle.
//
// REELTALLY_MODEL_SCHEDULES: the number of histories. REELTALLY_SEED: the seed of the first one; a
// failure prints its own seed, with which it can be repeated (REELTALLY_MODEL_SCHEDULES=1).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/billing_ledger.h"
#include "tests/support/temp_dir.h"

namespace model_histories {

/// A part of the histories, for a test of its own.
struct Share {
  unsigned shard = 0;
  unsigned shards = 1;
  unsigned usual_histories = 0;
  unsigned usual_seed = 0;
};

inline unsigned number_from(const char* variable, unsigned otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::stoul(text));
}

/// Makes `ledger` a copy of the other one, which is closed.
inline void begin_anew(const std::string& ledger, const std::string& empty_ledger) {
  for (const char* end : {"-wal", "-shm", "-journal"}) {
    std::filesystem::remove(ledger + end);
  }
  std::filesystem::copy_file(empty_ledger, ledger,
                             std::filesystem::copy_options::overwrite_existing);
}

/// `Program` is made for a folder, and `copy_from` gives it an empty ledger; `History` is made for
/// a program and a seed. In memory if the system has such a folder, because thousands of ledgers
/// are synced.
template <typename Program, typename History>
void play(const Share& share) {
  const std::filesystem::path memory("/dev/shm");
  const support::TempDir folder(
      std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path());
  (void)support::sqlite_back_end(folder.path("empty.db"));
  const unsigned histories = number_from("REELTALLY_MODEL_SCHEDULES", share.usual_histories);
  const unsigned first = number_from("REELTALLY_SEED", share.usual_seed);
  Program program(folder);
  for (unsigned i = share.shard; i < histories; i += share.shards) {
    program.copy_from(folder.path("empty.db"));
    History(program, first + i).play();
    ASSERT_FALSE(testing::Test::HasFailure()) << "REELTALLY_SEED=" << first + i;
  }
}

}  // namespace model_histories
