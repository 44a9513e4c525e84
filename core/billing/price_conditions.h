// What a row of a price book asks of a task beside its model, its picture and its day.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/domain/money.h"
#include "core/domain/task.h"

namespace core {

/// The properties of a task that decide its price.
struct PricedTask {
  std::string_view model;
  std::optional<Decimal> lines;  ///< of the picture: 720 for "720p", "720" and "1280x720"
  /// Of the picture before super resolution, for which the completion tokens (mtoken) were used.
  std::optional<Decimal> generated_lines;
  std::string day;  ///< of its billing time, in the report's zone
  std::string_view account{};
  const TaskFacts* facts = nullptr;  ///< null: none are known
  const Labels* labels = nullptr;    ///< null: it has none
};

/// The subject of a condition: a column of the book.
struct PriceSubject {
  enum class Kind { account, label, text, count };
  Kind kind = Kind::account;
  std::string name;         ///< of the column: "label:customer", "ratio"
  FactText fact = nullptr;  ///< for `text` and `count`

  /// What the task says; empty: unknown.
  [[nodiscard]] std::string_view value(const PricedTask& task) const;
};

/// The subject of a column with this name: `account`, `label:NAME`, or a fact by which reports tell
/// tasks apart (`action`, `ratio`, `input_seconds` …) except the model. None for any other name.
[[nodiscard]] std::optional<PriceSubject> price_subject(std::string_view column);

/// Texts are matched by a glob; numbers by a number, a range or a comparison. An unknown value
/// never fits.
class PriceCondition {
 public:
  /// `cell`: "ACME*"; for numbers "5", "5..10", ">0", "<=15". None if it is no such number.
  [[nodiscard]] static std::optional<PriceCondition> parse(const PriceSubject& subject,
                                                           std::string_view cell);
  [[nodiscard]] bool holds(const PricedTask& task) const;
  [[nodiscard]] const PriceSubject& subject() const { return subject_; }
  /// As it is written in the book.
  [[nodiscard]] const std::string& cell() const { return cell_; }
  /// Whether both ask the same, in the same words.
  [[nodiscard]] bool is_same(const PriceCondition& other) const {
    return subject_.name == other.subject_.name && cell_ == other.cell_;
  }
  /// Whether some value may meet both; false only if that is certain. Same subject.
  [[nodiscard]] bool may_overlap(const PriceCondition& other) const;

 private:
  struct Bound {
    Decimal value;
    bool inclusive = true;
  };
  explicit PriceCondition(const PriceSubject& subject) : subject_(subject) {}
  [[nodiscard]] bool is_within(const Decimal& value) const;
  [[nodiscard]] bool parse_range(std::string_view cell);

  PriceSubject subject_;
  std::string cell_;
  std::optional<Bound> low_;
  std::optional<Bound> high_;
};

/// Whether `pattern` (`*`, `?`) matches the whole `text`. Takes at most |pattern| x |text| steps.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

/// Whether every text that matches `narrow` certainly matches `wide`.
[[nodiscard]] bool glob_covers(std::string_view wide, std::string_view narrow);

/// Whether some text may match both; false only if their fixed beginnings or ends differ.
[[nodiscard]] bool globs_may_overlap(std::string_view one, std::string_view other);

}  // namespace core
