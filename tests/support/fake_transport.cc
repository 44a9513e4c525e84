#include "tests/support/fake_transport.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace support {

void FakeTransport::start(core::QueryRequest request) {
  sent.push_back({clock_.steady(), request.path, false});
  most_queries_in_flight = std::max(most_queries_in_flight, ++queries_);
  running_.emplace(clock_.steady() + latency, std::move(request));
}

void FakeTransport::start(core::DownloadRequest request) {
  sent.push_back({clock_.steady(), request.url, true});
  most_downloads_in_flight = std::max(most_downloads_in_flight, ++downloads_);
  running_.emplace(clock_.steady() + download_latency.value_or(latency), std::move(request));
}

void FakeTransport::wait(core::SteadyTime until, std::vector<core::Completion>& completions) {
  if (before_wait) {
    before_wait();
  }
  if (running_.empty() || running_.begin()->first > until) {
    if (until == core::SteadyTime::max()) {
      throw std::logic_error("the engine waits for ever for nothing");
    }
    clock_.move_to(until);
    return;
  }
  clock_.move_to(running_.begin()->first);
  const Request request = std::move(running_.begin()->second);
  running_.erase(running_.begin());
  core::Completion completion;
  if (const auto* query = std::get_if<core::QueryRequest>(&request)) {
    --queries_;
    completion.token = query->token;
    std::visit([&](auto&& outcome) { completion.outcome = std::move(outcome); }, on_query(*query));
  } else {
    const auto& download = std::get<core::DownloadRequest>(request);
    --downloads_;
    completion.token = download.token;
    std::visit([&](auto&& outcome) { completion.outcome = std::move(outcome); },
               on_download(download));
  }
  completions.push_back(std::move(completion));
}

void FakeTransport::abort() {
  ++aborted;
  running_.clear();
  queries_ = downloads_ = 0;
}

int FakeTransport::count(const std::string& what) const {
  return static_cast<int>(std::count_if(sent.begin(), sent.end(),
                                        [&what](const Sent& one) { return one.what == what; }));
}

core::QueryAnswer answer(int http_status, std::string body) {
  core::QueryAnswer result;
  result.http_status = http_status;
  result.body = std::move(body);
  return result;
}

}  // namespace support
