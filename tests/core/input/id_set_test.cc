#include "core/input/id_set.h"

#include <gtest/gtest.h>

#include <string>

namespace {

// On both sides of the limit, and across many runs in the file; with more IDs than expected, and
// with fewer.
TEST(IdSet, RemembersInMemoryAndInTheFile) {
  for (const std::size_t limit : {0UL, 10UL, 400UL, 3000UL, 1'000'000UL}) {
    for (const std::size_t expected : {0UL, 1500UL, 2000UL, 5000UL}) {
      core::IdSet seen(expected, limit);
      for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 2000; ++i) {
          ASSERT_EQ(seen.insert("asyntask_" + std::to_string(i)), round == 0)
              << i << " of " << expected << " with room for " << limit;
        }
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
