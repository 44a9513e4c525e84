#include "cmd/serve/page_text.h"

#include <array>
#include <chrono>

#include "cmd/cli/units.h"
#include "cmd/history/view_row.h"
#include "cmd/report/html_text.h"
#include "core/text/percent.h"

namespace cmd {
namespace {

std::string navigation(PagePart current) {
  struct Entry {
    PagePart part;
    const char* path;
    const char* name;
  };
  constexpr std::array<Entry, 3> kEntries{{{PagePart::now, "/", "Now"},
                                           {PagePart::runs, "/runs", "Runs"},
                                           {PagePart::gallery, "/gallery", "Gallery"}}};
  std::string html;
  for (const Entry& entry : kEntries) {
    html += std::string("<a href=\"") + entry.path + "\"" +
            (entry.part == current ? " aria-current=\"page\"" : "") + ">" + entry.name + "</a>";
  }
  return html;
}

}  // namespace

PageReply page_reply(const PageText& page, int status) {
  PageReply reply{.status = status};
  reply.body =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>" +
      page.title +
      " \u00b7 reeltally</title>\n"
      "<link rel=\"stylesheet\" href=\"/style.css\">"
      "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n" +
      (page.live ? "<script src=\"/live.js\" defer></script>"
                   "<noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>\n"
                 : "") +
      "</head>\n<body><a class=\"skip\" href=\"#main\">To the content</a>\n"
      "<header class=\"top\"><a class=\"brand\" href=\"/\">reeltally</a><nav "
      "aria-label=\"Pages\">" +
      navigation(page.part) +
      "</nav><form role=\"search\" action=\"/gallery\"><input type=\"search\" name=\"q\" "
      "aria-label=\"Search videos by ID, model or label\" placeholder=\"ID, model or label\" "
      "maxlength=\"200\" value=\"" +
      page.search + "\"><button>Search</button></form></header>\n<main id=\"main\">\n" + page.main +
      "</main>\n<footer>Read from the ledger, which these pages never change. Times are UTC."
      "</footer></body></html>\n";
  reply.headers = {{"Cache-Control", "no-store"}};
  return reply;
}

PageReply trouble_reply(int status, std::string_view text) {
  return page_reply({.title = "Not shown",
                     .main = "<h1>Not shown</h1>\n<p class=\"warn\" id=\"trouble\">" +
                             html_escape(text) + "</p>\n"},
                    status);
}

std::string task_path(const TaskPlace& place, std::string_view what) {
  std::string path = "/" + std::string(what) + "/" + core::percent_encoded(place.task_id, false);
  if (place.account != place.usual_account) {
    path += "?account=" + core::percent_encoded(place.account, false);
  }
  return path;
}

std::string task_link(const TaskPlace& place) {
  return "<a class=\"id\" href=\"" + task_path(place) + "\">" + html_escape(place.task_id) + "</a>";
}

std::string time_ago(core::UtcTime time, core::UtcTime now) {
  const bool past = now >= time;
  const auto distance = std::chrono::floor<std::chrono::seconds>(past ? now - time : time - now);
  const std::string exact = utc_second(time);
  return "<time datetime=\"" + exact + "\" title=\"" + exact + "\">" + (past ? "" : "in ") +
         format_duration(distance) + (past ? " ago" : "") + "</time>";
}

std::string state_badge(std::string_view state) {
  const std::string word = html_escape(state);
  return "<span class=\"badge " + word + "\">" + word + "</span>";
}

}  // namespace cmd
