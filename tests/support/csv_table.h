// The rows of a report, by the names of its columns.
#pragma once

#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace support {

/// For a CSV with a header and without quotes.
inline std::vector<std::map<std::string, std::string>> csv_table(const std::string& csv,
                                                                 char delimiter = ',') {
  const auto cells_of = [delimiter](const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, delimiter);) {
      cells.push_back(cell);
    }
    return cells;
  };
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> names = cells_of(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(lines, line)) {
    auto& row = rows.emplace_back();
    const std::vector<std::string> cells = cells_of(line);
    for (std::size_t i = 0; i < names.size(); ++i) {
      row[names[i]] = i < cells.size() ? cells[i] : "";
    }
  }
  return rows;
}

}  // namespace support
