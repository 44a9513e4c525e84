// Writes the lines of a closed period.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/billing/billing_source.h"
#include "core/domain/task_facts.h"
#include "storage/sqlite/billing/shared_rows.h"
#include "storage/sqlite/statement.h"

namespace storage {

/// The texts that lines do not share.
constexpr bool is_own_text(const core::Fact& fact) { return fact.kind == core::FactKind::text; }
inline constexpr auto kOwnTexts = core::fact_members<core::FactText, is_own_text>();

/// Adds lines, several with one statement: the last ones are there only after `flush`. Throws
/// SQLite::Exception.
class LineInsert {
 public:
  explicit LineInsert(SQLite::Database& database);
  void add(std::int64_t period, const core::ReportLine& line);
  void flush();

 private:
  static constexpr std::size_t kAtOnce = 32;

  [[nodiscard]] std::int64_t terms_of(std::int64_t period, const core::ReportLine& line);
  [[nodiscard]] std::int64_t amounts_of(std::int64_t terms, const core::ReportLine& line);
  void bind_labels(int position, const core::Labels& labels);

  SharedRows terms_;
  SharedRows amounts_;
  SharedRows labels_;
  SharedValues values_;
  Statement statement_;
  std::int64_t last_id_;
  // Those of lines that are bound must live until the statement ran.
  std::array<std::array<std::string, kOwnTexts.size()>, kAtOnce> texts_;
  std::size_t used_ = 0;
  std::string labels_text_;
};

}  // namespace storage
