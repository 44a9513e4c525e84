#include "cmd/doctor/findings.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cmd/os/json_text.h"
#include "core/text/printable.h"
#include "core/text/redaction.h"

namespace cmd {

void Findings::tell(const char* what, const char* level, const std::string& how,
                    const std::string& advice) {
  constexpr std::size_t kShownMax = 1000;
  constexpr int kNameWidth = 14;
  constexpr int kLevelWidth = 9;
  const std::string text = core::printable(core::redact_urls(how), kShownMax);
  const std::string what_to_do = core::printable(advice, kShownMax);
  if (json_) {
    const nlohmann::ordered_json line{{"type", "check"},
                                      {"name", what},
                                      {"result", level},
                                      {"text", text},
                                      {"advice", what_to_do}};
    print_json(out_, line);
    return;
  }
  out_ << std::left << std::setw(kNameWidth) << what << std::setw(kLevelWidth) << level << text
       << '\n';
  if (!what_to_do.empty()) {
    out_ << std::string(kNameWidth + kLevelWidth, ' ') << "-> " << what_to_do << '\n';
  }
}

}  // namespace cmd
