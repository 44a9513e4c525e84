// What proves the lines of a closed period: their raw answers and price books, on any engine.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/billing/billing_source.h"
#include "storage/answers/block_reader.h"
#include "storage/statements/ledger_reads.h"
#include "storage/statements/rows.h"

namespace storage {

/// {line ID, task ID, block, slot, snapshot} of the lines of [$1, $2), in the order of their
/// report.
inline constexpr const char* kProofPlaces =
    "SELECT l.line_id, t.task_id, s.block, s.slot, l.snapshot FROM report_line AS l {then} task "
    "AS t ON t.id = l.task {then} snapshot AS s ON s.id = l.snapshot "
    "WHERE l.billed_at >= $1 AND l.billed_at < $2 ORDER BY l.billed_at, l.id";
inline constexpr const char* kBlockContent =
    "SELECT dictionary, lengths, content FROM answer_block WHERE id = $1";
inline constexpr const char* kDictionary = "SELECT content FROM dictionary WHERE id = $1";
inline constexpr const char* kLaterBooks =
    "SELECT prices, carried_by FROM repricing WHERE period = $1 ORDER BY id";

/// Raw answers of one state of a ledger.
template <RowSource Rows>
class SourceBlocks final : public BlockReader {
 public:
  explicit SourceBlocks(Rows& source)
      : source_(source), block_(source.select(kBlockContent, {0})) {}

 private:
  [[nodiscard]] bool find_block(std::int64_t block, const TakeBlock& take) override {
    block_.restart({block});
    if (!block_.step()) {
      return false;
    }
    take(block_.integer(0), block_.text(1), block_.text(2));
    return true;
  }
  [[nodiscard]] std::optional<std::string> find_dictionary(std::int64_t dictionary) override {
    auto found = source_.select(kDictionary, {dictionary});
    return found.step() ? std::optional(std::string(found.text(0))) : std::nullopt;
  }

  Rows& source_;
  typename Rows::Cursor block_;
};

/// See core::BillingSource::each_proof.
template <RowSource Rows>
void visit_proofs(Rows& source, const core::ClosedPeriod& closed,
                  const std::function<void(const core::LineProof&)>& visit) {
  SourceBlocks<Rows> blocks(source);
  auto lines = source.select(kProofPlaces, {closed.period.begin.time_since_epoch().count(),
                                            closed.period.end.time_since_epoch().count()});
  core::LineProof proof;
  while (lines.step()) {
    proof.line_id = lines.text(0);
    proof.task_id = lines.text(1);
    proof.answer.reset();
    if (!lines.is_null(2)) {
      proof.answer = blocks.read(lines.integer(2), lines.integer(3));
    } else if (auto same = source.select(kSameAnswer, {lines.integer(4)}); same.step()) {
      proof.answer = blocks.read(same.integer(0), same.integer(1));
    }
    visit(proof);
  }
}

/// See core::BillingSource::later_books.
template <RowSource Rows>
[[nodiscard]] std::vector<core::LaterBook> read_later_books(Rows& source, std::int64_t period) {
  std::vector<core::LaterBook> books;
  auto rows = source.select(kLaterBooks, {period});
  while (rows.step()) {
    books.push_back({std::string(rows.text(0)), rows.integer(1)});
  }
  return books;
}

}  // namespace storage
