// Parts that the pages of `serve` share.
#pragma once

#include <string>
#include <string_view>

#include "cmd/serve/exchange.h"
#include "core/clock.h"
#include "core/ledger/ledger_reader.h"

namespace cmd {

/// The parts of the page that is shown, for the bar on top of it.
enum class PagePart { now, runs, gallery, none };

struct PageText {
  PagePart part = PagePart::none;
  std::string title;  ///< escaped, like all below
  std::string main;
  std::string search{};  ///< what stands in the field
  bool live = false;     ///< renews itself
};
[[nodiscard]] PageReply page_reply(const PageText& page, int status = 200);
/// A page that says what is wrong. `text` is not escaped.
[[nodiscard]] PageReply trouble_reply(int status, std::string_view text);

/// Which task a link leads to. Other accounts than that of the settings stand in the query.
struct TaskPlace {
  std::string account;
  std::string task_id;
  std::string usual_account;
};
/// "/task/ID", "/task/ID?account=NAME"; with `what` "video/1" instead of "task". Fit for
/// attributes.
[[nodiscard]] std::string task_path(const TaskPlace& place, std::string_view what = "task");
[[nodiscard]] std::string task_link(const TaskPlace& place);

/// "3m 05s ago", "in 2h 10m", with the exact time for those that hover or listen.
[[nodiscard]] std::string time_ago(core::UtcTime time, core::UtcTime now);
/// The word of a state with its colour.
[[nodiscard]] std::string state_badge(std::string_view state);

}  // namespace cmd
