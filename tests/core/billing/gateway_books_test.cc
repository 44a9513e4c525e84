#include "core/billing/gateway_books.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using core::BookedTask;
using core::GatewayBooks;
using core::LogRow;
using State = core::BookedTask::State;

core::Decimal decimal(const std::string& text) { return *core::Decimal::parse(text); }

struct Ours {
  std::string task_id;
  std::string request_id;
  State state = State::succeeded;
  const char* quota = "0";  // empty: unknown
  bool in_period = true;
  bool keeps_quota = false;
  bool takes_back = false;
};

struct Theirs {
  std::string request_id;
  std::string task_id;
  const char* quota = "0";
  bool in_period = true;
  const char* before = nullptr;  // of a settlement
  bool is_task = true;
  bool of_key = false;
  int second = 0;  // of its time
};

void add(GatewayBooks& books, const Ours& one) {
  books.add_ours({.task_id = one.task_id,
                  .request_id = one.request_id,
                  .state = one.state,
                  .quota = core::Decimal::parse(one.quota),
                  .takes_back = one.takes_back,
                  .keeps_quota = one.keeps_quota,
                  .in_period = one.in_period});
}

void add(GatewayBooks& books, const Theirs& one) {
  LogRow row{.request_id = one.request_id,
             .task_id = one.task_id,
             .key_name = {},
             .quota = decimal(one.quota),
             .before = {},
             .is_task = one.is_task};
  if (one.before != nullptr) {
    row.settles = true;
    row.before = decimal(one.before);
  }
  row.at = core::UtcTime(std::chrono::seconds(1'780'000'000 + one.second));
  books.add_theirs(row, one.in_period, one.of_key);
}

std::string amount(const std::optional<core::Decimal>& value) {
  return value ? value->text() : "-";
}

struct Found {
  std::string differences;
  GatewayBooks::Counts counts;
};

Found compared(GatewayBooks& books) {
  Found found;
  found.counts = books.compare([&found](const GatewayBooks::Difference& one) {
    found.differences += std::string(found.differences.empty() ? "" : "; ") + name(one.result) +
                         " " + one.task_id + one.request_id + " " + amount(one.ours) + " " +
                         amount(one.theirs);
  });
  return found;
}

TEST(GatewayBooks, EachTaskHasOneResult) {
  struct Case {
    const char* name;
    std::vector<Ours> ours;
    std::vector<Theirs> theirs;
    const char* differences;  // none: all match
    std::uint64_t matched;
  };
  const std::vector<Case> cases{
      {"a charge", {{"a", "r", State::succeeded, "5"}}, {{"r", "", "5"}}, "", 1},
      {"a charge that was settled below",
       {{"a", "r", State::succeeded, "217800"}},
       {{"r", "", "500000"}, {"s", "a", "-282200", true, "500000"}},
       "",
       1},
      {"a charge that was settled above",
       {{"a", "r", State::succeeded, "600"}},
       {{"r", "", "500"}, {"s", "a", "100", true, "500"}},
       "",
       1},
      {"a row that comes again",
       {{"a", "r", State::succeeded, "3"}},
       {{"r", "", "5"}, {"r", "", "5"}, {"s", "a", "-2"}, {"s", "a", "-2"}},
       "",
       1},
      {"a row without a request that comes again",
       {{"a", "r", State::succeeded, "3"}},
       {{"r", "", "5"}, {"", "a", "-2"}, {"", "a", "-2"}},
       "",
       1},
      {"a failure that turned out to be a success",
       {{"a", "r", State::failed, "0", false},
        {"a", "r", State::failed, "0", true, false, true},
        {"a", "r", State::succeeded, "5"}},
       {{"r", "", "5"}},
       "",
       1},
      {"two settlements, of which the first names the charge",
       {{"a", "", State::succeeded, "120"}},
       {{"s", "a", "30", true, "100", true, false, 1},
        {"t", "a", "-10", true, "130", true, false, 2}},
       "",
       1},
      {"another amount",
       {{"a", "r", State::succeeded, "4"}},
       {{"r", "", "5"}},
       "different a 4 5",
       0},
      {"an amount that we do not know",
       {{"a", "r", State::succeeded, ""}},
       {{"r", "", "5"}},
       "different a - 5",
       0},
      {"only ours", {{"a", "r", State::succeeded, "4"}}, {}, "only_ours a 4 -", 0},
      {"only ours, and free", {{"a", "r", State::failed, "0"}}, {}, "", 1},
      {"only theirs, by request", {}, {{"r", "", "5"}}, "only_theirs r - 5", 0},
      {"only theirs, by task", {}, {{"s", "b", "-5"}}, "only_theirs b - -5", 0},
      {"a refunded failure",
       {{"a", "r", State::failed, "0"}},
       {{"r", "", "5"}, {"s", "a", "-5"}},
       "",
       1},
      {"an unrefunded failure",
       {{"a", "r", State::failed, "0"}},
       {{"r", "", "5"}},
       "unrefunded_failure a 0 5",
       0},
      {"half of it was refunded",
       {{"a", "r", State::failed, "0"}},
       {{"r", "", "5"}, {"s", "a", "-2"}},
       "unrefunded_failure a 0 3",
       0},
      {"refunded twice",
       {{"a", "r", State::failed, "0"}},
       {{"r", "", "5"}, {"s", "a", "-5"}, {"t", "a", "-5"}},
       "different a 0 -5",
       0},
      {"unfinished",
       {{"a", "r", State::unfinished, "0", false}},
       {{"r", "", "5"}},
       "unfinished a - 5",
       0},
      {"missing",
       {{"a", "r", State::missing, "0", false}},
       {{"r", "", "5"}},
       "unfinished a - 5",
       0},
      {"unfinished and charged before",
       {{"a", "r", State::unfinished, "0", false}},
       {{"r", "", "5", false}},
       "",
       0},
      {"ours in the next period",
       {{"a", "r", State::succeeded, "5", false}},
       {{"r", "", "5"}},
       "other_period a - 5",
       0},
      {"charged in the period before",
       {{"a", "r", State::succeeded, "5"}},
       {{"r", "", "5", false}},
       "other_period a 5 -",
       0},
      {"settled in the next period",
       {{"a", "r", State::succeeded, "3"}},
       {{"r", "", "5"}, {"s", "a", "-2", false}},
       "other_period a 3 5",
       0},
      {"a failure refunded in the next period",
       {{"a", "r", State::failed, "0"}},
       {{"r", "", "5"}, {"s", "a", "-5", false}},
       "other_period a 0 5",
       0},
      {"another amount in another period",
       {{"a", "r", State::succeeded, "4", false}},
       {{"r", "", "5"}},
       "different a - 5",
       0},
      {"both in another period",
       {{"a", "r", State::succeeded, "4", false}},
       {{"r", "", "5", false}},
       "",
       0},
      {"a corrected line in the next period",
       {{"a", "r", State::succeeded, "4"},
        {"a", "r", State::succeeded, "-4", false},
        {"a", "r", State::succeeded, "5", false}},
       {{"r", "", "5"}},
       "other_period a 4 5",
       0},
      {"several tasks in order",
       {{"b", "r2", State::succeeded, "1"}, {"a", "r1", State::succeeded, "1"}},
       {{"r1", "", "2"}, {"r2", "", "2"}, {"r3", "", "9"}},
       "only_theirs r3 - 9; different a 1 2; different b 1 2",
       0},
  };
  for (const Case& one : cases) {
    GatewayBooks books;
    for (const Ours& task : one.ours) {
      add(books, task);
    }
    for (const Theirs& row : one.theirs) {
      add(books, row);
    }
    const Found found = compared(books);
    EXPECT_EQ(found.differences, one.differences) << one.name;
    EXPECT_EQ(found.counts.matched, one.matched) << one.name;
  }
}

TEST(GatewayBooks, SumsAreThoseOfThePeriod) {
  GatewayBooks books;
  add(books, Ours{"a", "r1", State::succeeded, "3"});
  add(books, Ours{"b", "r2", State::succeeded, "7", false});
  add(books, Ours{"c", "r3", State::failed, "0", true, true});
  add(books, Theirs{"r1", "", "5", true, nullptr, true, true});
  add(books, Theirs{"s1", "a", "-2", true, "5", true, true});
  add(books, Theirs{"r2", "", "7", true, nullptr, true, true});
  add(books, Theirs{"r3", "", "4", true, nullptr, true, true});
  add(books, Theirs{"s3", "c", "-4", true, nullptr, true, true});
  add(books, Theirs{"chat", "", "100", true, nullptr, false, true});
  add(books, Theirs{"chat2", "", "50", false, nullptr, false, true});
  add(books, Theirs{"other", "", "1000", true, nullptr, false, false});
  for (int row = 0; row < 2; ++row) {  // without a name nothing says that it is the same
    add(books, Theirs{"", "", "3", true, nullptr, false, false});
  }
  const auto counts = compared(books).counts;
  EXPECT_EQ(counts.ours.text(), "3");
  EXPECT_EQ(counts.theirs.text(), "10");
  EXPECT_EQ(counts.other_usage.text(), "1106");
  EXPECT_EQ(counts.other_rows, 4U);
  EXPECT_EQ(counts.key_net.text(), "160") << "all rows of the key, in the period or not";
  EXPECT_EQ(counts.kept_quota, 1U);
  EXPECT_EQ(counts.matched, 2U);
  EXPECT_EQ(counts.other_period, 1U);
}

// Stock builds do not say which request a task was.
TEST(GatewayBooks, TasksWithoutARequestAreComparedByOtherRowsElseInSum) {
  GatewayBooks books;
  add(books, Ours{"settled", "", State::succeeded, "217800"});
  add(books, Ours{"refunded", "", State::failed, "0"});
  add(books, Ours{"exact", "", State::succeeded, "30"});
  add(books, Ours{"wrong", "", State::succeeded, "9"});
  add(books, Theirs{"r1", "", "500000"});
  add(books, Theirs{"s1", "settled", "-282200", true, "500000"});
  add(books, Theirs{"r2", "", "77"});
  add(books, Theirs{"s2", "refunded", "-77"});
  add(books, Theirs{"r3", "", "30"});
  add(books, Theirs{"r4", "", "20"});
  add(books, Theirs{"s4", "wrong", "-10", true, "20"});
  const Found found = compared(books);
  EXPECT_EQ(found.differences, "different wrong 9 10");
  EXPECT_EQ(found.counts.matched, 2U);
  EXPECT_EQ(found.counts.unjoined, 1U);
  EXPECT_EQ(found.counts.unjoined_ours.text(), "30");
  EXPECT_EQ(found.counts.unjoined_theirs.text(), "30");
  EXPECT_EQ(found.counts.only_theirs, 0U);
}

TEST(GatewayBooks, ManyRowsAreSortedOutsideOfTheMemory) {
  constexpr int kTasks = 150'000;
  GatewayBooks books;
  for (int i = 0; i < kTasks; ++i) {
    const std::string number = std::to_string(i) + std::string(60, 'x');
    add(books, Theirs{"r" + number, "", "5"});
    add(books, Theirs{"s" + number, "t" + number, "-2"});
  }
  for (int i = kTasks - 1; i >= 0; --i) {
    const std::string number = std::to_string(i) + std::string(60, 'x');
    add(books, Ours{"t" + number, "r" + number, State::succeeded, i == 77 ? "4" : "3"});
  }
  const Found found = compared(books);
  EXPECT_EQ(found.counts.matched, static_cast<std::uint64_t>(kTasks - 1));
  EXPECT_EQ(found.counts.different, 1U);
}

}  // namespace
