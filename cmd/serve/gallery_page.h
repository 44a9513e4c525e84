// The videos on disk, page by page.
#pragma once

#include <string>
#include <vector>

#include "core/ledger/dashboard_reader.h"

namespace cmd {

inline constexpr std::size_t kGalleryVideos = 24;  ///< on one page

/// What `?after=TASK-INDEX` and `?q=` ask for; asks for one more than a page holds, to know whether
/// there is a next one. An `after` that is none begins with the first.
[[nodiscard]] core::GalleryPage gallery_query(const std::string& after, const std::string& search);

/// The content of the page. `exact`: a link to the task whose ID is searched; empty: none.
[[nodiscard]] std::string gallery_page(const std::vector<core::ViewRow>& videos,
                                       const core::GalleryPage& query, const std::string& exact,
                                       const std::string& usual_account);

}  // namespace cmd
