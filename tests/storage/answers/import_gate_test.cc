#include "storage/answers/import_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace {

TEST(ImportGate, WithoutAnImportNobodyWaits) {
  storage::ImportGate gate(std::nullopt);
  EXPECT_FALSE(gate.standing());
  gate.await_end();
}

TEST(ImportGate, AWaitLastsUntilTheImportHasEnded) {
  storage::ImportGate gate(7);
  std::atomic<bool> ended = false;
  std::thread waiter([&] {
    gate.await_end();
    EXPECT_TRUE(ended);
  });
  gate.add_batch();
  gate.add_batch();
  EXPECT_EQ(gate.standing()->new_above, 7);
  EXPECT_EQ(gate.standing()->batches, 2U);
  EXPECT_FALSE(gate.standing()->has_ended);
  ended = true;
  gate.end();
  waiter.join();
  EXPECT_TRUE(gate.standing()->has_ended);
  gate.await_end();
}

}  // namespace
