#include "cmd/serve/counted_figures.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

#include "core/error.h"

namespace {

using namespace std::chrono_literals;

// Counts as slowly as a server that is away: until it is let go.
struct SlowLedger {
  cmd::NowFigures count() {
    ++counts;
    begun.count_down();
    released.wait();
    if (is_away) {
      throw core::Error("the server is away");
    }
    return {};
  }
  std::atomic<int> counts = 0;
  std::latch begun{1};
  std::latch released{1};
  std::atomic<bool> is_away = false;
};

TEST(CountedFigures, OnePageThatWaitsForTheLedgerHoldsNoOther) {
  SlowLedger ledger;
  cmd::CountedFigures figures([&ledger](core::UtcTime) { return ledger.count(); }, 20ms);
  std::thread first([&figures] { EXPECT_NE(figures.get({}), nullptr); });
  ledger.begun.wait();
  EXPECT_THROW(static_cast<void>(figures.get({})), core::Error);
  ledger.released.count_down();
  first.join();
  EXPECT_EQ(ledger.counts, 1);
  EXPECT_NE(figures.get({}), nullptr);
  EXPECT_EQ(ledger.counts, 1) << "kept for a moment";
}

TEST(CountedFigures, AFailureIsToldAndTheNextPageTriesAgain) {
  SlowLedger ledger;
  ledger.released.count_down();
  ledger.is_away = true;
  int begun = 0;
  cmd::CountedFigures figures([&](core::UtcTime) {
    if (++begun == 1) {
      return ledger.count();
    }
    return cmd::NowFigures{};
  });
  EXPECT_THROW(static_cast<void>(figures.get({})), core::Error);
  EXPECT_NE(figures.get({}), nullptr);
  EXPECT_EQ(begun, 2);
}

TEST(CountedFigures, ThoseWhoWaitGetWhatWasCounted) {
  SlowLedger ledger;
  cmd::CountedFigures figures([&ledger](core::UtcTime) { return ledger.count(); }, 60s);
  std::shared_ptr<const cmd::NowFigures> one;
  std::shared_ptr<const cmd::NowFigures> other;
  std::thread first([&] { one = figures.get({}); });
  ledger.begun.wait();
  std::thread second([&] { other = figures.get({}); });
  ledger.released.count_down();
  first.join();
  second.join();
  EXPECT_EQ(one, other);
  EXPECT_EQ(ledger.counts, 1);
}

}  // namespace
