#include "cmd/report/report_workbook.h"

#include "cmd/report/report_groups.h"
#include "cmd/report/workbook.h"

namespace cmd {
namespace {

void write_about(const WorkbookReport& report, Workbook& book) {
  WorkbookSheet sheet(book, "about",
                      {{"name", core::CellKind::text}, {"value", core::CellKind::text}});
  for (const auto& [name, value] : report.about) {
    sheet.write({{core::CellKind::text, name}, {core::CellKind::text, value}});
  }
  sheet.finish();
}

// Sheets stand in the order in which they are made, so these come before the rows of the lines.
class SumSheet {
 public:
  SumSheet(Workbook& book, const std::string& name, ReportGroups groups)
      : groups_(std::move(groups)), sheet_(book, name, groups_.columns()) {}

  void add(const core::ReportLine& line, std::int64_t times) { groups_.add(line, times); }
  std::uint64_t finish() {
    for (const std::vector<ReportCell>& row : groups_.rows()) {
      sheet_.write(row);
    }
    sheet_.finish();
    return sheet_.rows();
  }

 private:
  ReportGroups groups_;
  WorkbookSheet sheet_;
};

void sum_up(const WorkbookReport& report,
            const std::function<void(const core::ReportLine&, std::int64_t)>& add) {
  const ReportPlan& plan = report.plan;
  core::ReportQuery query = plan.query;
  query.labels = has_label_key(plan.keys);
  report.reports.sum_lines(query, plan.pricing(), plan.zone, add);
}

std::uint64_t each_line(const WorkbookReport& report, Workbook& book,
                        const std::function<void(const core::ReportLine&, std::int64_t)>& add) {
  const ReportPlan& plan = report.plan;
  const core::LineShape shape{report.reports.label_names(plan.query), report.schema_version,
                              report.reports.shown_terms(plan.query, plan.pricing())};
  WorkbookSheet lines(book, "lines", core::line_columns(shape));
  WorkbookSheet adjustments(book, "adjustments", core::line_columns(shape));
  report.reports.each_line(plan.query, plan.pricing(), plan.zone,
                           [&](const core::ReportLine& line) {
                             add(line, 1);
                             core::write_line(line, shape, plan.zone, lines);
                             if (!line.adjusts.empty()) {
                               core::write_line(line, shape, plan.zone, adjustments);
                             }
                           });
  lines.finish();
  adjustments.finish();
  return lines.rows();
}

}  // namespace

std::uint64_t write_workbook(const WorkbookReport& report, ReportTotals& totals,
                             ReportOutput& output) {
  const ReportPlan& plan = report.plan;
  const core::ShownTerms terms = report.reports.shown_terms(plan.query, plan.pricing());
  const bool grouped = !plan.keys.empty();
  std::vector<GroupKey> keys = plan.keys;
  if (!grouped) {
    keys = {parse_group_key("account"), parse_group_key("model")};
  }
  Workbook book;
  write_about(report, book);
  SumSheet all(book, "totals", ReportGroups({}, plan.zone, terms));
  SumSheet groups(book, "groups", ReportGroups(std::move(keys), plan.zone, terms));
  const auto add = [&](const core::ReportLine& line, std::int64_t times) {
    totals.add(line, times);
    all.add(line, times);
    groups.add(line, times);
  };
  std::uint64_t rows = 0;
  if (grouped) {
    sum_up(report, add);
  } else {
    rows = each_line(report, book, add);
  }
  all.finish();
  const std::uint64_t group_rows = groups.finish();
  book.finish([&output](std::string_view bytes) {
    output.text() += bytes;
    output.flush_if_full();
  });
  return grouped ? group_rows : rows;
}

}  // namespace cmd
