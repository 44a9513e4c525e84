// Properties that hold whatever the bytes of an input from outside are: for the fuzz targets
// (tests/fuzz) and the replay of their corpora. Each function returns the property that does not
// hold for `bytes`; empty if all do.
#pragma once

#include <string>
#include <string_view>

namespace support {

/// An answer of the gateway.
[[nodiscard]] std::string answer_failure(std::string_view bytes);

/// A list of tasks, and CSV in general.
[[nodiscard]] std::string list_failure(std::string_view bytes);

/// A video behind a first line that is taken as its link and as the value of each header.
[[nodiscard]] std::string video_failure(std::string_view bytes);

/// A price book behind a first line with a period ("2026-10" or "FROM/TO") and two amounts.
[[nodiscard]] std::string price_failure(std::string_view bytes);

/// What is done to a good ledger before it is checked, read and reported; a line each:
///  - `b OFFSET VALUE`: a byte of the file; `t SIZE`: the file ends there
///  - `s TABLE COLUMN ROW VALUE`: a cell, by number; VALUE is `n`, `i5`, `tTEXT` or `xHEX`
[[nodiscard]] std::string ledger_failure(std::string_view bytes);

}  // namespace support
