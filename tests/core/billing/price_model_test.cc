// Random price books with all columns and random tasks, compared with an oracle that shares no code
// with the program: it chooses rows by counting, and computes in whole thousandths.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/billing/billing.h"
#include "core/billing/price_book.h"

namespace {

// A cell of a book and what it means to the oracle.
struct Row {
  int model = 0;            // 0: *, 1: m*, 2: ma, 3: mb
  int account = 0;          // 0: any, 1: a, 2: b
  int customer = 0;         // 0: any, 1: x, 2: y, 3: any that is known
  int input = 0;            // 0: any, 1: >0, 2: 0, 3: 2..4, 4: <=3
  bool wide = false;        // 16:9
  bool omni = false;        // the action omni*
  bool noted = false;       // has a note
  int max_lines = 0;        // 0: any, else 720 or 1080
  bool from_sixth = false;  // valid_from 2026-10-06
  int unit = 0;             // 0: second, 1: task, 2: quota, 3: input_second, 4: label:want
  long long price = 0;      // thousandths
  long long discount = 0;   // percent
  long long minimum = 0;    // thousandths; 0: none
  long long round_up = 0;   // thousandths; 0: none
};

struct Task {
  int model = 0;     // 0: ma, 1: mb, 2: n
  int account = 1;   // 1: a, 2: b
  int customer = 0;  // 0: none, 1: x, 2: y
  int input = -1;    // seconds; -1: unknown
  bool wide = false;
  bool omni = false;
  int lines = 720;
  int day = 5;
  int seconds = 0;      // thousandths
  long long quota = 0;  // of the gateway
  int want = -1;        // label; -1: none
};

const char* pick(std::initializer_list<const char*> of, int index) { return *(of.begin() + index); }

std::string thousandths(long long value) {
  std::string digits = std::to_string(value % 1000 + 1000).substr(1);
  return std::to_string(value / 1000) + "." + digits;
}

std::string text_of(const Row& row) {
  std::string line = pick({"*", "m*", "ma", "mb"}, row.model);
  const auto cell = [&line](const std::string& text) { line += "," + text; };
  cell(pick({"second", "task", "quota", "input_second", "label:want"}, row.unit));
  cell(thousandths(row.price));
  cell("CNY");
  cell(pick({"", "a", "b"}, row.account));
  cell(pick({"", "x", "y", "*"}, row.customer));
  cell(pick({"", ">0", "0", "2..4", "<=3"}, row.input));
  cell(row.wide ? "16:9" : "");
  cell(row.omni ? "omni*" : "");
  cell(row.noted ? "\"tiers of line 2, after 0 this month\"" : "");
  cell(row.max_lines == 0 ? "" : std::to_string(row.max_lines));
  cell(row.from_sixth ? "2026-10-06" : "");
  cell(row.discount == 0 ? "" : std::to_string(row.discount) + "%");
  cell(row.minimum == 0 ? "" : thousandths(row.minimum));
  cell(row.round_up == 0 ? "" : thousandths(row.round_up));
  return line + "\n";
}

bool fits(const Row& row, const Task& task) {
  const bool model = row.model == 0 || (row.model == 1 && task.model < 2) ||
                     (row.model >= 2 && task.model == row.model - 2);
  const bool account = row.account == 0 || row.account == task.account;
  const bool customer = row.customer == 0 || (row.customer == 3 && task.customer != 0) ||
                        (row.customer < 3 && row.customer == task.customer);
  const bool known = task.input >= 0;
  const bool input = row.input == 0 || (row.input == 1 && known && task.input > 0) ||
                     (row.input == 2 && known && task.input == 0) ||
                     (row.input == 3 && task.input >= 2 && task.input <= 4) ||
                     (row.input == 4 && known && task.input <= 3);
  return model && account && customer && input && (!row.wide || task.wide) &&
         (!row.omni || task.omni) && (row.max_lines == 0 || task.lines <= row.max_lines) &&
         (!row.from_sixth || task.day >= 6);
}

// One number in the order of importance; all books of this test have conditions.
int rank(const Row& row) {
  const int conditions = (row.account != 0 ? 1 : 0) + (row.customer != 0 ? 1 : 0) +
                         (row.input != 0 ? 1 : 0) + (row.wide ? 1 : 0) + (row.omni ? 1 : 0);
  const int letters = row.model == 0 ? 0 : row.model == 1 ? 1 : 2;
  return conditions * 1000 + letters * 100 + (row.max_lines != 0 ? 10 : 0) +
         (row.from_sixth ? 1 : 0);
}

// In millionths of a CNY times 100; none: no price.
std::optional<long long> expected(const std::vector<Row>& rows, const Task& task) {
  int best = -1;
  int number = 0;
  const Row* chosen = nullptr;
  for (const Row& row : rows) {
    if (fits(row, task) && rank(row) >= best) {
      number = rank(row) == best ? number + 1 : 1;
      best = rank(row);
      chosen = &row;
    }
  }
  if (number != 1) {
    return std::nullopt;
  }
  const long long stated[] = {task.seconds, 1000, task.quota / 500, task.input * 1000LL,
                              task.want * 1000LL};
  long long quantity = stated[chosen->unit];
  if (quantity < 0) {
    return std::nullopt;
  }
  if (quantity > 0 && chosen->round_up > 0) {
    quantity = (quantity + chosen->round_up - 1) / chosen->round_up * chosen->round_up;
  }
  if (quantity > 0) {
    quantity = std::max(quantity, chosen->minimum);
  }
  return quantity * chosen->price * (100 - chosen->discount);
}

class PriceModel {
 public:
  explicit PriceModel(unsigned seed) : random_(seed) {}

  std::vector<Row> rows() {
    std::vector<Row> rows(1 + static_cast<std::size_t>(below(6)));
    for (Row& row : rows) {
      row.model = below(4);
      row.account = below(5) < 3 ? 0 : 1 + below(2);
      row.customer = below(2) == 0 ? 0 : 1 + below(3);
      row.input = below(2) == 0 ? 0 : 1 + below(4);
      row.wide = below(4) == 0;
      row.omni = below(4) == 0;
      row.noted = below(4) == 0;
      row.max_lines = below(3) != 0 ? 0 : below(2) == 0 ? 720 : 1080;
      row.from_sixth = below(4) == 0;
      row.unit = below(5);
      row.price = below(3000);
      row.discount = below(3) == 0 ? below(101) : 0;
      row.minimum = below(3) == 0 ? 1 + below(9000) : 0;
      row.round_up = below(3) == 0 ? 1 + below(5000) : 0;
    }
    return rows;
  }
  Task task() {
    return {.model = below(3),
            .account = 1 + below(2),
            .customer = below(3),
            .input = below(7) - 1,
            .wide = below(2) == 0,
            .omni = below(2) == 0,
            .lines = below(2) == 0 ? 720 : 1080,
            .day = 5 + below(2),
            .seconds = below(20000),
            .quota = 500LL * below(3000),
            .want = below(10) - 1};
  }

 private:
  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
  std::mt19937 random_;
};

core::FinishedTask finished(const Task& task) {
  core::FinishedTask made;
  made.account = pick({"", "a", "b"}, task.account);
  made.task_id = "t";
  made.succeeded = true;
  made.snapshot = 1;
  made.raw_sha256 = std::string(64, 'a');
  made.billed_at =
      core::parse_period("2026-10-0" + std::to_string(task.day), core::TimeZone("UTC")).begin;
  made.facts.model = pick({"ma", "mb", "n"}, task.model);
  made.facts.resolution = std::to_string(task.lines) + "p";
  made.facts.action = task.omni ? "omniGenerate" : "generate";
  made.facts.ratio = task.wide ? "16:9" : "9:16";
  made.facts.duration_seconds = thousandths(task.seconds);
  made.facts.quota = std::to_string(task.quota);
  made.facts.input_seconds = task.input < 0 ? "" : std::to_string(task.input);
  if (task.customer != 0) {
    made.labels.emplace_back("Customer", pick({"", "x", "y"}, task.customer));
  }
  if (task.want >= 0) {
    made.labels.emplace_back("want", std::to_string(task.want));
  }
  return made;
}

TEST(PriceModel, EveryAmountIsThatOfTheOracle) {
  const char* given = std::getenv("REELTALLY_MODEL_SCHEDULES");
  const unsigned books = given == nullptr ? 3000 : static_cast<unsigned>(std::stoul(given)) * 10;
  constexpr int kTasks = 12;
  constexpr int kPlaces = 8;  // 1000 x 1000 x 100
  const core::TimeZone utc("UTC");
  int priced = 0;
  for (unsigned seed = 1; seed <= books; ++seed) {
    PriceModel model(seed);
    const std::vector<Row> rows = model.rows();
    std::string text =
        "model,unit,price,currency,account,label:Customer,input_seconds,ratio,action,note,max_sr,"
        "valid_from,"
        "discount,minimum,round_up\n";
    for (const Row& row : rows) {
      text += text_of(row);
    }
    const core::PriceBook book = core::PriceBook::parse(text, "random");
    for (int i = 0; i < kTasks; ++i) {
      const Task task = model.task();
      const auto charges = core::charges_of(finished(task), {.prices = &book}, utc);
      const auto amount = expected(rows, task);
      ASSERT_EQ(charges.size(), 1U);
      const core::Charge& charge = charges.front();
      ASSERT_EQ(charge.cost.has_value(), amount.has_value())
          << "seed " << seed << ", task " << i << "\n"
          << text << charge.cost_note;
      if (amount) {
        ASSERT_EQ(charge.cost, core::Decimal(*amount).divided_by_power_of_ten(kPlaces))
            << "seed " << seed << ", task " << i << "\n"
            << text << charge.cost_note;
        ASSERT_EQ(*charge.quantity * *charge.unit_price, *charge.cost);
        ++priced;
      } else {
        ASSERT_FALSE(charge.cost_note.empty());
      }
    }
  }
  EXPECT_GT(priced, static_cast<int>(books));
}

}  // namespace
