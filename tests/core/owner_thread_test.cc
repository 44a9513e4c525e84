#include "core/owner_thread.h"

#include <gtest/gtest.h>

#include <thread>

namespace core {
namespace {

TEST(OwnerThread, IsTheThreadThatCreatedIt) {
  const OwnerThread owner;
  EXPECT_TRUE(owner.is_here());
  bool elsewhere = true;
  std::thread([&] { elsewhere = owner.is_here(); }).join();
#ifdef NDEBUG
  EXPECT_TRUE(elsewhere);  // not looked at
#else
  EXPECT_FALSE(elsewhere);
#endif
}

}  // namespace
}  // namespace core
