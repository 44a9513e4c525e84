#include "cmd/report/html_tables.h"

#include <algorithm>
#include <utility>

#include "cmd/report/html_text.h"

namespace cmd {
namespace {

std::string number_cells(const Figures& figures, const TableColumns& columns) {
  std::string html = "<td class=\"n\">" + grouped(figures.succeeded) + "</td><td class=\"n\">" +
                     grouped(figures.failed) + "</td>";
  for (const std::string& currency : columns.money) {
    const auto found = figures.cost.find(currency);
    html += found == figures.cost.end() ? number_cell("\u2013") : amount_cell(found->second.amount);
  }
  if (columns.unpriced) {
    html += std::string("<td class=\"n") + (figures.unpriced == 0 ? "" : " warn") + "\">" +
            grouped(figures.unpriced) + "</td>";
  }
  return html;
}

using Named = std::pair<std::string, Figures>;

// The highest costs first, by the first currency, then by videos; the rest becomes one row.
std::vector<Named> largest(const std::map<std::string, Figures>& groups,
                           const std::vector<std::string>& money) {
  std::vector<Named> rows(groups.begin(), groups.end());
  std::stable_sort(rows.begin(), rows.end(), [&](const Named& left, const Named& right) {
    for (const std::string& currency : money) {
      const auto cost = [&](const Figures& figures) {
        const auto found = figures.cost.find(currency);
        return found == figures.cost.end() ? core::Decimal() : found->second.amount;
      };
      const core::Decimal one = cost(left.second);
      const core::Decimal other = cost(right.second);
      if (!(one == other)) {
        return one > other;
      }
    }
    return left.second.succeeded > right.second.succeeded;
  });
  sum_up_rest(rows);
  return rows;
}

}  // namespace

double length_of(const core::Decimal& amount) { return std::stod(amount.text()); }

double cost_length(const Figures& figures, const std::string& currency) {
  const auto found = figures.cost.find(currency);
  return found == figures.cost.end() ? 0 : length_of(found->second.amount);
}

std::string rounded_text(const core::Decimal& amount, int places) {
  std::string text = grouped(amount.rounded(places));
  const std::size_t point = text.find('.');
  if (point == std::string::npos) {
    return text + ".00";
  }
  const std::size_t digits = text.size() - point - 1;
  return text.append(digits < kCents ? kCents - digits : 0, '0');
}

std::string cost_text(const Figures& figures, const std::string& currency) {
  const auto found = figures.cost.find(currency);
  return found == figures.cost.end() ? "\u2013" : rounded_text(found->second.amount);
}

std::string name_cell(const std::string& name) {
  return "<td>" + (name.empty() ? "<span class=\"soft\">none</span>" : html_escape(name)) + "</td>";
}

std::string number_cell(std::string_view text) {
  return "<td class=\"n\">" + std::string(text) + "</td>";
}

std::string amount_cell(const core::Decimal& amount) {
  return "<td class=\"n\" title=\"exactly " + amount.text() + "\">" + rounded_text(amount) +
         "</td>";
}

std::string title_row(const std::vector<std::string>& titles, std::size_t texts) {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < titles.size(); ++i) {
    html += (i < texts ? "<th>" : "<th class=\"n\">") + titles[i] + "</th>";
  }
  return html + "</tr>\n";
}

std::string section(const std::string& title, const std::string& note, const std::string& body) {
  return "<section><h2>" + title +
         (note.empty() ? "" : " <span class=\"soft\">" + note + "</span>") + "</h2>\n" + body +
         "</section>\n";
}

TableColumns columns_of(const Figures& all) {
  TableColumns columns{.money = {}, .unpriced = all.unpriced != 0};
  for (const auto& [currency, sum] : all.cost) {
    columns.money.push_back(currency);
  }
  return columns;
}

std::string header_row(const std::string& first, const TableColumns& columns, bool bar) {
  std::string html = "<tr><th>" + html_escape(first) + "</th>";
  if (bar) {
    html += "<th class=\"b\" aria-hidden=\"true\"></th>";
  }
  html += "<th class=\"n\">videos</th><th class=\"n\">failed</th>";
  for (const std::string& currency : columns.money) {
    html += "<th class=\"n\">" + html_escape(currency) + "</th>";
  }
  return html + (columns.unpriced ? "<th class=\"n\">no price</th>" : "") + "</tr>\n";
}

std::string group_table(const std::string& first, const std::map<std::string, Figures>& groups,
                        const TableColumns& columns, const std::string& id) {
  const std::vector<Named> rows = largest(groups, columns.money);
  const auto length = [&columns](const Figures& figures) {
    return columns.money.empty() ? static_cast<double>(figures.succeeded)
                                 : cost_length(figures, columns.money.front());
  };
  double longest = 0;
  for (const auto& [name, figures] : rows) {
    longest = std::max(longest, length(figures));
  }
  std::string html = table_begin(html_escape(first), id) + header_row(first, columns, true);
  for (const auto& [name, figures] : rows) {
    html += "<tr>" + name_cell(name) + "<td class=\"b\">" + cell_bar(length(figures), longest) +
            "</td>" + number_cells(figures, columns) + "</tr>\n";
  }
  return html + kTableEnd;
}

std::string table_row(const std::string& name, const Figures& figures,
                      const TableColumns& columns) {
  return "<tr><td>" + html_escape(name) + "</td>" + number_cells(figures, columns) + "</tr>\n";
}

}  // namespace cmd
