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
  const core::SteadyTime next = running_.empty() ? until : std::min(until, running_.begin()->first);
  if (next == core::SteadyTime::max()) {
    throw std::logic_error("the engine waits for ever for nothing");
  }
  if (sleep_until) {
    sleep_until(next);
  } else {
    clock_.move_to(next);
  }
  if (running_.empty() || running_.begin()->first > clock_.steady()) {
    return;
  }
  Request request = std::move(running_.begin()->second);
  running_.erase(running_.begin());
  core::Completion completion;
  if (const auto* query = std::get_if<core::QueryRequest>(&request)) {
    --queries_;
    completion.token = query->token;
    std::visit([&](auto&& outcome) { completion.outcome = std::move(outcome); }, on_query(*query));
  } else {
    auto& download = std::get<core::DownloadRequest>(request);
    --downloads_;
    completion.token = download.token;
    fetch(download, completion);
  }
  completions.push_back(std::move(completion));
}

void FakeTransport::fetch(core::DownloadRequest& download, core::Completion& completion) const {
  auto outcome = on_download(download);
  if (auto* failure = std::get_if<core::FetchFailure>(&outcome)) {
    completion.outcome = std::move(*failure);
  } else {
    const std::string& bytes = std::get<std::string>(outcome);
    const core::PromisedContent promised{.length = static_cast<std::int64_t>(bytes.size())};
    if (download.sink->restart("", promised) || download.sink->append(bytes)) {
      throw std::logic_error("the fake store takes all bytes");
    }
    std::visit([&](auto&& published) { completion.outcome = std::move(published); },
               download.sink->publish(promised));
  }
  download.sink.reset();
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
