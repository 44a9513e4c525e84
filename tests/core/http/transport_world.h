// A transport and servers on this machine.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/http/curl_transport.h"
#include "core/video/local/local_videos.h"
#include "tests/support/http_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_video.h"

namespace transport_world {

using core::Completion;
using core::CurlTransport;
using core::FetchFailure;
using FailureKind = core::FetchFailure::Kind;
using core::QueryAnswer;
using core::SavedFile;
using core::TransportFailure;
using core::TransportSettings;
using std::chrono::milliseconds;
using support::HttpReply;
using support::HttpRequest;
using support::HttpServer;
using support::reply;
using After = HttpReply::After;

inline constexpr std::chrono::seconds kPatience{20};  // a transfer that never ends fails the test
inline constexpr std::size_t kVideoBytes = 200'000;

inline TransportSettings some_settings() {
  return {.concurrency = 32,
          .download_concurrency = 8,
          .connect_timeout = std::chrono::seconds(10),
          .query_timeout = std::chrono::seconds(60),
          .stall_timeout = std::chrono::seconds(60),
          .video_bytes_max = std::int64_t{4} << 30};
}

inline TransportSettings settings_for(const HttpServer& server) {
  TransportSettings settings = some_settings();
  settings.accounts = {{server.url(), "sk-secret"}};
  settings.user_agent = "reeltally-test";
  settings.query_timeout = std::chrono::seconds(10);
  settings.stall_timeout = std::chrono::seconds(1);
  return settings;
}

inline std::vector<Completion> wait_for(CurlTransport& transport, std::size_t count) {
  std::vector<Completion> completions;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (completions.size() < count && std::chrono::steady_clock::now() < until) {
    transport.wait(until, completions);
  }
  EXPECT_EQ(completions.size(), count);
  completions.resize(count);
  return completions;
}

inline Completion query(CurlTransport& transport, const std::string& path) {
  transport.start(core::QueryRequest{.token = 7, .account = 0, .path = path});
  Completion completion = wait_for(transport, 1).front();
  EXPECT_EQ(completion.token, 7U);
  return completion;
}

inline constexpr const char* kContentPath = "/v1/videos/video/content";

// A transport with an output folder.
class Fetcher {
 public:
  explicit Fetcher(TransportSettings settings) {
    settings.publisher_threads = 2;
    transport_.emplace(std::move(settings));
  }

  Completion fetch(const std::string& url, const std::string& id = "video") {
    start(url, id);
    return wait_for(*transport_, 1).front();
  }
  void start(const std::string& url, const std::string& id) {
    static const auto kName =
        std::make_shared<const core::NameTemplate>(core::NameTemplate::kDefault);
    core::FilePlan plan{.name_template = kName};
    plan.fields.task_id = id;
    core::DownloadRequest request;
    request.token = 9;
    request.url = url;
    request.content_path = kContentPath;
    request.sink = std::get<std::unique_ptr<core::VideoSink>>(videos_.open(std::move(plan)));
    transport_->start(std::move(request));
  }
  FetchFailure failure(const std::string& url) {
    Completion completion = fetch(url);
    if (auto* failure = std::get_if<FetchFailure>(&completion.outcome)) {
      return *failure;
    }
    ADD_FAILURE() << url << " was saved";
    return {};
  }
  std::string video() const { return support::read_file(folder_.path("video.mp4")); }
  bool saves(const std::string& url) {
    Completion completion = fetch(url);
    if (const auto* failure = std::get_if<FetchFailure>(&completion.outcome)) {
      ADD_FAILURE() << core::name(failure->kind) << ": " << failure->text;
    }
    return std::holds_alternative<SavedFile>(completion.outcome);
  }
  CurlTransport& transport() { return *transport_; }
  const support::TempDir& folder() const { return folder_; }

 private:
  support::TempDir folder_;
  core::LocalVideos videos_{std::make_shared<core::OutputFolder>(folder_.path()), nullptr};
  std::optional<CurlTransport> transport_;
};

inline TransportSettings open_settings_for(const HttpServer& server) {
  TransportSettings settings = settings_for(server);
  settings.allow_http = true;
  settings.allow_private_hosts = true;
  return settings;
}

}  // namespace transport_world
