#include "core/input/id_set.h"

#include <gtest/gtest.h>

#include <string>

namespace {

// On both sides of the limit, and across many runs in the file.
TEST(IdSet, RemembersInMemoryAndInTheFile) {
  for (const std::size_t limit : {0UL, 10UL, 400UL, 1'000'000UL}) {
    core::IdSet seen(limit);
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(seen.insert("asyntask_" + std::to_string(i)), round == 0)
            << i << " with room for " << limit;
      }
    }
  }
}

TEST(IdSet, DistinguishesSimilarIds) {
  core::IdSet seen;
  for (const std::string id :
       {"a", "aa", "A", "ab", "ba", "0123456789abcdef", "0123456789abcdef0", "0123456789abcdefg"}) {
    EXPECT_TRUE(seen.insert(id)) << id;
    EXPECT_FALSE(seen.insert(id)) << id;
  }
}

}  // namespace
