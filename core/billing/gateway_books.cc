#include "core/billing/gateway_books.h"

#include <utility>

namespace core {
namespace {

using BookResult = GatewayBooks::Result;
using BookDifference = GatewayBooks::Difference;
using BookCounts = GatewayBooks::Counts;
using BookState = BookedTask::State;

// A line: the ID, NUL, the mark of its kind, then its fields, each with NUL behind it.
constexpr char kFieldEnd = '\0';
constexpr char kOursMark = 'O';
constexpr char kTheirsMark = 'T';  // behind ours, so that ours come first
constexpr std::string_view kNoQuota = "?";
constexpr std::string_view kNoQuotaBack = "-?";

class BookLineWriter {
 public:
  BookLineWriter(std::string_view id, char mark) : line_(id) {
    line_ += kFieldEnd;
    line_ += mark;
  }
  BookLineWriter& flag(bool value) {
    line_ += value ? '1' : '0';
    return *this;
  }
  BookLineWriter& field(std::string_view text) {
    line_.append(text) += kFieldEnd;
    return *this;
  }
  [[nodiscard]] const std::string& line() const { return line_; }

 private:
  std::string line_;
};

class BookLineReader {
 public:
  explicit BookLineReader(std::string_view line) : rest_(line) {
    id_ = field();
    mark_ = rest_.front();
    rest_.remove_prefix(1);
  }
  [[nodiscard]] std::string_view id() const { return id_; }
  [[nodiscard]] char mark() const { return mark_; }
  bool flag() {
    const bool value = rest_.front() == '1';
    rest_.remove_prefix(1);
    return value;
  }
  std::string_view field() {
    const std::size_t end = rest_.find(kFieldEnd);
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }
  Decimal amount() { return Decimal::from_text(field()); }

 private:
  std::string_view rest_;
  std::string_view id_;
  char mark_ = 0;
};

std::string time_text_of(UtcTime time) { return std::to_string(time.time_since_epoch().count()); }

// What one side has for a task.
struct Amounts {
  bool is_there = false;
  bool in_period = false;
  Decimal all;
  Decimal of_period;

  void add(const Decimal& amount, bool within) {
    is_there = true;
    in_period = in_period || within;
    all += amount;
    of_period += within ? amount : Decimal();
  }
};

// All lines of one task.
class BookedLines {
 public:
  void add_ours(BookLineReader& line);
  void add_charge(const Decimal& quota, bool in_period) { theirs_.add(quota, in_period); }
  void add_change(BookLineReader& line, bool in_period);
  void close(const std::string& task_id, const GatewayBooks::Visit& visit, BookCounts& counts);

 private:
  void derive_charge(BookCounts& counts);
  [[nodiscard]] bool is_open() const {
    return state_ == BookState::unfinished || state_ == BookState::missing;
  }
  [[nodiscard]] std::optional<BookResult> result() const;  // none: it matches

  BookState state_ = BookState::succeeded;
  int failures_ = 0;  // lines of a failure that no line takes back
  Amounts ours_;
  std::int64_t without_quota_ = 0;
  bool joined_ = true;
  bool keeps_quota_ = false;
  Amounts theirs_;
  bool changed_ = false;  // a row of theirs names the task
  bool settled_ = false;
  Decimal before_;      // the first settlement
  Decimal given_back_;  // by rows that do not settle
};

void BookedLines::add_ours(BookLineReader& line) {
  const auto state = static_cast<BookState>(line.field().front() - '0');
  const bool takes_back = line.flag();
  if (state == BookState::failed) {
    failures_ += takes_back ? -1 : 1;
  } else if (!takes_back) {
    state_ = state;
  }
  const bool in_period = line.flag();
  keeps_quota_ = line.flag() || keeps_quota_;
  joined_ = line.flag() && joined_;
  const std::string_view quota = line.field();
  if (quota == kNoQuota || quota == kNoQuotaBack) {
    without_quota_ += quota == kNoQuota ? 1 : -1;
    ours_.add({}, in_period);
  } else {
    ours_.add(Decimal::from_text(quota), in_period);
  }
}

void BookedLines::add_change(BookLineReader& line, bool in_period) {
  const bool settles = line.flag();
  const Decimal quota = line.amount();
  const Decimal before = line.amount();
  theirs_.add(quota, in_period);
  changed_ = true;
  if (settles && !std::exchange(settled_, true)) {
    before_ = before;
  }
  given_back_ += settles ? Decimal() : -quota;
}

// Without the charge itself, the rows that change it say what it was: a settlement names it, and a
// refund gives all of it back.
void BookedLines::derive_charge(BookCounts& counts) {
  const Decimal charge = settled_ ? before_ : given_back_;
  theirs_.all += charge;
  theirs_.of_period += ours_.in_period || theirs_.in_period ? charge : Decimal();
  counts.unjoined_theirs += -charge;
}

std::optional<BookResult> BookedLines::result() const {
  if (!ours_.is_there) {
    return BookResult::only_theirs;
  }
  if (is_open()) {
    return theirs_.in_period ? std::optional(BookResult::unfinished) : std::nullopt;
  }
  if (failures_ > 0 && theirs_.all > Decimal()) {
    return BookResult::unrefunded_failure;
  }
  if (!theirs_.is_there) {
    return ours_.all.is_zero() && without_quota_ <= 0 ? std::nullopt
                                                      : std::optional(BookResult::only_ours);
  }
  if (without_quota_ > 0 || !(ours_.all == theirs_.all)) {
    return BookResult::different;
  }
  return ours_.of_period == theirs_.of_period ? std::nullopt
                                              : std::optional(BookResult::other_period);
}

void count_result(const std::optional<BookResult>& result, BookCounts& counts) {
  if (!result) {
    ++counts.matched;
    return;
  }
  switch (*result) {
    case BookResult::different:
      ++counts.different;
      break;
    case BookResult::only_ours:
      ++counts.only_ours;
      break;
    case BookResult::only_theirs:
      ++counts.only_theirs;
      break;
    case BookResult::unfinished:
      ++counts.unfinished;
      break;
    case BookResult::unrefunded_failure:
      ++counts.unrefunded_failures;
      break;
    case BookResult::other_period:
      ++counts.other_period;
      break;
  }
}

void BookedLines::close(const std::string& task_id, const GatewayBooks::Visit& visit,
                        BookCounts& counts) {
  if (!ours_.in_period && !theirs_.in_period) {
    return;
  }
  counts.ours += ours_.of_period;
  counts.theirs += theirs_.of_period;
  if (ours_.is_there && !joined_) {
    if (!changed_) {
      ++counts.unjoined;
      counts.unjoined_ours += ours_.of_period;
      return;
    }
    derive_charge(counts);
  }
  const auto result = this->result();
  if (is_open() && ours_.is_there && !result) {
    return;
  }
  count_result(result, counts);
  counts.kept_quota += keeps_quota_ && theirs_.is_there && theirs_.all.is_zero() ? 1 : 0;
  if (!result) {
    return;
  }
  const bool by_period = result == BookResult::other_period;
  BookDifference difference{.result = *result, .task_id = task_id, .request_id = {}};
  if (ours_.in_period && !is_open() && without_quota_ <= 0) {
    difference.ours = by_period ? ours_.of_period : ours_.all;
  }
  if (by_period ? theirs_.in_period : theirs_.is_there) {
    difference.theirs = by_period ? theirs_.of_period : theirs_.all;
  }
  visit(difference);
}

}  // namespace

void GatewayBooks::add_ours(const BookedTask& task) {
  const std::string quota = task.quota        ? task.quota->text()
                            : task.takes_back ? std::string(kNoQuotaBack)
                                              : std::string(kNoQuota);
  const bool joined = !task.request_id.empty();
  tasks_.add(BookLineWriter(task.task_id, kOursMark)
                 .field(std::string(1, static_cast<char>('0' + static_cast<int>(task.state))))
                 .flag(task.takes_back)
                 .flag(task.in_period)
                 .flag(task.keeps_quota)
                 .flag(joined)
                 .field(quota)
                 .line());
  if (joined) {
    requests_.add(BookLineWriter(task.request_id, kOursMark).field(task.task_id).line());
  } else {
    ++without_request_;
  }
}

void GatewayBooks::add_theirs(const LogRow& row, bool in_period, bool of_key) {
  if (row.task_id.empty()) {
    // Rows without a name cannot be told from one that comes again: all count.
    const std::string number = row.request_id.empty() ? std::to_string(++nameless_) : std::string();
    requests_.add(BookLineWriter(row.request_id, kTheirsMark)
                      .flag(in_period)
                      .flag(of_key)
                      .flag(row.is_task)
                      .field(row.quota.text())
                      .field(time_text_of(row.at))
                      .field(number)
                      .line());
    return;
  }
  tasks_.add(BookLineWriter(row.task_id, kTheirsMark)
                 .field(time_text_of(row.at))
                 .flag(in_period)
                 .flag(of_key)
                 .flag(true)
                 .flag(row.settles)
                 .field(row.quota.text())
                 .field(row.before.text())
                 .field(row.request_id)
                 .line());
}

// Gives each charge to the task of its request.
void GatewayBooks::join_requests(const Visit& visit, BookCounts& counts) {
  std::string before;
  std::string request_id;
  std::string task_id;
  requests_.each([&](std::string_view text) {
    if (text == before) {
      return;
    }
    before = text;
    BookLineReader line(text);
    if (line.id() != request_id || line.id().empty()) {
      request_id = line.id();
      task_id.clear();
    }
    if (line.mark() == kOursMark) {
      task_id = line.field();
      return;
    }
    if (task_id.empty()) {
      take_unknown_request(request_id, text, visit, counts);
      return;
    }
    const bool in_period = line.flag();
    const bool of_key = line.flag();
    line.flag();
    const Decimal quota = line.amount();
    counts.key_net += of_key ? quota : Decimal();
    tasks_.add(BookLineWriter(task_id, kTheirsMark)
                   .field(line.field())
                   .flag(in_period)
                   .flag(of_key)
                   .flag(false)
                   .field(quota.text())
                   .field(request_id)
                   .line());
  });
}

void GatewayBooks::take_unknown_request(std::string_view request_id, std::string_view text,
                                        const Visit& visit, BookCounts& counts) {
  BookLineReader line(text);
  const bool in_period = line.flag();
  const bool of_key = line.flag();
  const bool is_task = line.flag();
  const Decimal quota = line.amount();
  counts.key_net += of_key ? quota : Decimal();
  if (!in_period) {
    return;
  }
  if (!is_task) {
    counts.other_usage += quota;
    ++counts.other_rows;
    return;
  }
  counts.theirs += quota;
  if (without_request_ > 0) {
    counts.unjoined_theirs += quota;
    return;
  }
  ++counts.only_theirs;
  visit({.result = BookResult::only_theirs,
         .task_id = {},
         .request_id = std::string(request_id),
         .ours = std::nullopt,
         .theirs = quota});
}

GatewayBooks::Counts GatewayBooks::compare(const Visit& visit) {
  Counts counts;
  join_requests(visit, counts);
  std::string before;
  std::string task_id;
  std::optional<BookedLines> task;
  tasks_.each([&](std::string_view text) {
    BookLineReader line(text);
    if (!task || line.id() != task_id) {
      if (task) {
        task->close(task_id, visit, counts);
      }
      task.emplace();
      task_id = line.id();
    }
    if (line.mark() == kOursMark) {
      task->add_ours(line);
      return;
    }
    if (text == before) {
      return;
    }
    before = text;
    line.field();  // the time, by which the rows are in order
    const bool in_period = line.flag();
    const bool of_key = line.flag();
    if (line.flag()) {
      BookLineReader change = line;
      change.flag();
      counts.key_net += of_key ? change.amount() : Decimal();
      task->add_change(line, in_period);
    } else {
      task->add_charge(line.amount(), in_period);
    }
  });
  if (task) {
    task->close(task_id, visit, counts);
  }
  without_request_ = nameless_ = 0;
  return counts;
}

const char* name(GatewayBooks::Result result) {
  switch (result) {
    case GatewayBooks::Result::different:
      return "different";
    case GatewayBooks::Result::only_ours:
      return "only_ours";
    case GatewayBooks::Result::only_theirs:
      return "only_theirs";
    case GatewayBooks::Result::unfinished:
      return "unfinished";
    case GatewayBooks::Result::unrefunded_failure:
      return "unrefunded_failure";
    case GatewayBooks::Result::other_period:
      return "other_period";
  }
  return "";
}

}  // namespace core
