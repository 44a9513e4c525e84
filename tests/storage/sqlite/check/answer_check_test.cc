// What an answer says and what a run took from it may differ in a few ways, and in no other.
#include "storage/sqlite/check/answer_check.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/text/redaction.h"
#include "storage/sqlite/check/ledger_check.h"
#include "tests/storage/small_ledger.h"

namespace {

class AnswerCheckTest : public SmallLedgerTest {
 protected:
  // An answer about `open`, changed before it is recorded.
  std::vector<std::string> findings_after(const std::string& body, int http_status,
                                          const std::function<void(core::AnswerEntry&)>& change) {
    storage::TaskStore store(path_, clock_, false);
    store.begin_run({.version = "1", .host = "h", .inputs = {}, .accounts = {"default"}});
    core::AnswerEntry entry = entries::answered(
        {.task = 3, .id = "open", .body = body, .http_status = http_status, .run = 2});
    change(entry);
    std::vector<core::Entry> batch{std::move(entry)};
    store.write(batch);
    return storage::check_ledger(path_, "1");
  }
  static core::AnswerEntry as_not_found(core::AnswerEntry& entry) {
    const core::TaskStanding after =
        core::fold({}, {core::Verdict::not_found, 2, entry.observed_at});
    entry.answer.verdict = core::Verdict::not_found;
    entry.state = after.state;
    entry.not_found = after.not_found;
    return entry;
  }
};

// Other answers of the run may show that the ID is unknown.
TEST_F(AnswerCheckTest, ARefusedIdMayHaveBeenUnknown) {
  EXPECT_EQ(findings_after("{}", 403, as_not_found), std::vector<std::string>{});
}

TEST_F(AnswerCheckTest, AnUnreadableAnswerIsNotUnknown) {
  EXPECT_NE(findings_after("<html>", 502, as_not_found), std::vector<std::string>{});
}

// What holds the key was masked, so it cannot be compared; its other facts may have been stated.
TEST_F(AnswerCheckTest, AFactWithAMaskedKeyIsNotCompared) {
  const auto mask = [](core::AnswerEntry& entry) {
    entry.answer.facts.fail_reason = "refused " + std::string(core::kKeyMask);
  };
  EXPECT_EQ(findings_after(entries::failure("open"), 200, mask), std::vector<std::string>{});
}

TEST_F(AnswerCheckTest, AFactThatNoAnswerStatedIsFound) {
  const auto invent = [](core::AnswerEntry& entry) {
    entry.answer.facts.fail_reason = "another reason";
  };
  EXPECT_NE(findings_after(entries::failure("open"), 200, invent), std::vector<std::string>{});
}

}  // namespace
