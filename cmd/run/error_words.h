// The kinds of errors of a run, as people read them.
#pragma once

#include <string>
#include <string_view>

namespace cmd {

/// For a kind as the tally and v_run have it, `http_500` or `video_refused_url`: "HTTP 500", "a
/// video's address is not allowed".
[[nodiscard]] std::string error_words(std::string_view kind);

}  // namespace cmd
