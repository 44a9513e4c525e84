// The contract of core::BillingSource: what proves the lines of a closed period.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "storage/postgres/ledger_url.h"
#include "storage/postgres/server_upkeep.h"
#include "storage/sqlite/maintenance.h"
#include "tests/storage/billing_contract.h"

namespace {

using namespace billing_contract;

class ProofsContract : public BillingContract {
 protected:
  // "task bytes; " for each line of the closed period, in the order of its report.
  std::string proofs(const std::string& name) {
    const auto source = open();
    std::string all;
    for (const core::ClosedPeriod& closed : source->closed_periods()) {
      if (closed.period.name != name) {
        continue;
      }
      source->each_proof(closed, [&](const core::LineProof& proof) {
        EXPECT_TRUE(core::origin_of_line(proof.line_id)) << proof.line_id;
        all += proof.task_id + " " + proof.answer.value_or("gone") + "; ";
      });
    }
    return all;
  }
  // "period lines; " of those whose answers a prune of bundled periods spares; a fake lists none.
  void expect_spared(const std::string& expected) {
    const core::UtcTime before = utc(kNovember) + std::chrono::hours(24 * 365);
    const std::string ledger = back_end_->ledger();
    if (ledger.empty()) {
      return;
    }
    std::string all;
    for (const storage::SparedPeriod& one :
         storage::is_postgres_url(ledger)
             ? storage::spared_periods(storage::LedgerUrl(ledger), before)
             : storage::spared_periods(ledger, before)) {
      all += one.name + " " + std::to_string(one.lines) + "; ";
    }
    EXPECT_EQ(all, expected);
  }
};

TEST_P(ProofsContract, EachLineHasItsAnswer) {
  finish("late", kOctober + 2000, "8", TaskState::succeeded, std::string("late\0\xff", 6));
  finish("b", kOctober + 1000, "8", TaskState::succeeded, "of b");
  finish("a", kOctober + 1000, "8", TaskState::failed, "of a");
  finish("other", kNovember, "8", TaskState::succeeded, "other");
  close(period("2026-10"));
  close(period("2026-11"));
  EXPECT_EQ(proofs("2026-10"), "a of a; b of b; late " + std::string("late\0\xff", 6) + "; ");
  EXPECT_EQ(proofs("2026-11"), "other other; ");
  back_end_->prune();
  EXPECT_EQ(proofs("2026-11"), "other gone; ");
}

TEST_P(ProofsContract, LaterBooksNameTheClosingThatHasTheirChanges) {
  finish("a", kOctober + 1000);
  core::ClosedPeriod october = period("2026-10");
  october.prices = prices("0.9");
  close(october);
  const auto books = [this] {
    const auto source = open();
    std::string all;
    for (const core::LaterBook& book : source->later_books(source->closed_periods().front())) {
      all += std::to_string(book.carried_by) + " " +
             (book.prices == prices("1") ? "first" : "second") + "; ";
    }
    return all;
  };
  EXPECT_EQ(books(), "");
  const auto reprice = [this](const std::string& price) {
    const auto source = open();
    source->reprice(source->closed_periods().front(), prices(price), utc(kNovember));
  };
  reprice("1");
  EXPECT_EQ(books(), "0 first; ");
  close(period("2026-11"));
  reprice("2");
  EXPECT_EQ(books(), "2 first; 0 second; ");
}

TEST_P(ProofsContract, PruningSparesPeriodsWithoutABundle) {
  finish("a", kOctober + 1000, "8", TaskState::succeeded, "of a");
  finish("b", kNovember + 1000, "8", TaskState::succeeded, "of b");
  close(period("2026-10"));
  close(period("2026-11"));
  const auto bundle = [this](std::size_t at, const std::string& sha256) {
    const auto source = open();
    source->keep_bundle(source->closed_periods().at(at), sha256, utc(kNovember));
  };
  bundle(1, "first");
  bundle(1, "second");
  EXPECT_EQ(open()->closed_periods().at(0).bundle, "");
  EXPECT_EQ(open()->closed_periods().at(1).bundle, "second");
  expect_spared("2026-10 1; ");
  back_end_->prune(storage::PruneScope::bundled);
  EXPECT_EQ(proofs("2026-10") + proofs("2026-11"), "a of a; b gone; ");
  bundle(0, "third");
  expect_spared("");
  back_end_->prune(storage::PruneScope::bundled);
  EXPECT_EQ(proofs("2026-10"), "a gone; ");
}

INSTANTIATE_TEST_SUITE_P(All, ProofsContract, testing::ValuesIn(support::back_ends()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
