#include "cmd/serve/gallery_page.h"

#include <algorithm>
#include <charconv>

#include "cmd/cli/units.h"
#include "cmd/history/task_text.h"
#include "cmd/history/view_row.h"
#include "cmd/report/html_text.h"
#include "cmd/serve/page_text.h"
#include "core/text/join.h"
#include "core/text/percent.h"
#include "core/text/utf8.h"

namespace cmd {
namespace {

constexpr std::size_t kSearchBytesMax = 200;

bool read_number(std::string_view text, std::int64_t& number) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end && number >= 0;
}

std::string card(const core::ViewRow& video, const std::string& usual_account) {
  const TaskPlace place{text_in(video, "account"), text_in(video, "task_id"), usual_account};
  const std::string seconds = shown_in(video, "seconds");
  const std::vector<std::string> facts{shown_in(video, "model"),
                                       seconds.empty() ? "" : seconds + " s",
                                       format_size(number_in(video, "bytes"))};
  std::string html = "<li><a href=\"" + task_path(place) + "\">";
  if (text_in(video, "path").find("://") == std::string::npos) {
    html +=
        "<video muted playsinline preload=\"metadata\" tabindex=\"-1\" aria-hidden=\"true\" "
        "src=\"" +
        task_path(place, "video/" + html_escape(text_in(video, "video_index"))) +
        "#t=0.1\"></video>";
  } else {
    html += "<span class=\"blank\"></span>";  // in a bucket
  }
  return html + "<span class=\"id\">" + html_escape(place.task_id) + "</span><span>" +
         html_escape(core::join(facts, " \u00b7 ")) + "</span><span class=\"soft\">" +
         html_escape(labels_text(video)) + "</span></a></li>\n";
}

}  // namespace

core::GalleryPage gallery_query(const std::string& after, const std::string& search) {
  core::GalleryPage page;
  page.count = kGalleryVideos + 1;
  page.search =
      core::valid_utf8(core::utf8_start(search.substr(0, search.find('\0')), kSearchBytesMax));
  const std::size_t dash = std::min(after.find('-'), after.size());
  std::int64_t task = 0;
  std::int64_t index = 0;
  if (read_number(std::string_view(after).substr(0, dash), task) &&
      read_number(std::string_view(after).substr(std::min(dash + 1, after.size())), index)) {
    page.task = task;
    page.index = index;
  }
  return page;
}

std::string gallery_page(const std::vector<core::ViewRow>& videos, const core::GalleryPage& query,
                         const std::string& exact, const std::string& usual_account) {
  const std::string search = html_escape(query.search);
  std::string html = search.empty() ? "<h1>Gallery</h1>\n<p class=\"soft\">The newest first.</p>\n"
                                    : "<h1>Videos with \u201c" + search + "\u201d</h1>\n";
  if (!exact.empty()) {
    html += "<p>Task " + exact + "</p>\n";
  }
  if (videos.empty()) {
    return html + "<p class=\"soft\" id=\"none\">No video on disk" +
           (search.empty() ? "" : " has this in its ID, model or labels") + ".</p>\n";
  }
  html += "<ul class=\"grid\" id=\"videos\">\n";
  const std::size_t shown = std::min(videos.size(), kGalleryVideos);
  for (std::size_t i = 0; i < shown; ++i) {
    html += card(videos[i], usual_account);
  }
  html += "</ul>\n";
  if (videos.size() > shown) {
    const core::ViewRow& last = videos[shown - 1];
    html += "<a class=\"more\" rel=\"next\" href=\"/gallery?after=" + text_in(last, "task") + "-" +
            text_in(last, "video_index") +
            (search.empty() ? "" : "&amp;q=" + core::percent_encoded(query.search, false)) +
            "\">Older videos</a>\n";
  }
  return html;
}

}  // namespace cmd
